/** The outages in miniature, in the order to take them; and everything that can be started. */
import { lab as outage, type SyllabusEntry, syllabus } from '../labs/index.ts';

export const outages: readonly SyllabusEntry[] = [
  outage(
    'aws-dynamodb-2015',
    () => import('./aws-dynamodb-2015/lab.ts'),
    () => import('../solutions/aws-dynamodb-2015/mutants.ts'),
    () => import('../solutions/aws-dynamodb-2015/variants.ts'),
  ),
  outage(
    'aws-dynamodb-dns-2025',
    () => import('./aws-dynamodb-dns-2025/lab.ts'),
    () => import('../solutions/aws-dynamodb-dns-2025/mutants.ts'),
    () => import('../solutions/aws-dynamodb-dns-2025/variants.ts'),
  ),
  outage(
    'gcp-service-control-2025',
    () => import('./gcp-service-control-2025/lab.ts'),
    () => import('../solutions/gcp-service-control-2025/mutants.ts'),
    () => import('../solutions/gcp-service-control-2025/variants.ts'),
  ),
  outage(
    'twilio-2013',
    () => import('./twilio-2013/lab.ts'),
    () => import('../solutions/twilio-2013/mutants.ts'),
    () => import('../solutions/twilio-2013/variants.ts'),
  ),
  outage(
    'github-2018',
    () => import('./github-2018/lab.ts'),
    () => import('../solutions/github-2018/mutants.ts'),
    () => import('../solutions/github-2018/variants.ts'),
  ),
  outage(
    'cloudflare-2020',
    () => import('./cloudflare-2020/lab.ts'),
    () => import('../solutions/cloudflare-2020/mutants.ts'),
    () => import('../solutions/cloudflare-2020/variants.ts'),
  ),
  outage(
    'facebook-2010',
    () => import('./facebook-2010/lab.ts'),
    () => import('../solutions/facebook-2010/mutants.ts'),
    () => import('../solutions/facebook-2010/variants.ts'),
  ),
  outage(
    'cloudflare-2025',
    () => import('./cloudflare-2025/lab.ts'),
    () => import('../solutions/cloudflare-2025/mutants.ts'),
    () => import('../solutions/cloudflare-2025/variants.ts'),
  ),
  outage(
    'facebook-2021',
    () => import('./facebook-2021/lab.ts'),
    () => import('../solutions/facebook-2021/mutants.ts'),
    () => import('../solutions/facebook-2021/variants.ts'),
  ),
  outage(
    'gitlab-2017',
    () => import('./gitlab-2017/lab.ts'),
    () => import('../solutions/gitlab-2017/mutants.ts'),
    () => import('../solutions/gitlab-2017/variants.ts'),
  ),
  outage(
    'sentry-2015',
    () => import('./sentry-2015/lab.ts'),
    () => import('../solutions/sentry-2015/mutants.ts'),
    () => import('../solutions/sentry-2015/variants.ts'),
  ),
];

/** All labs and all outages. */
export const course: readonly SyllabusEntry[] = [...syllabus, ...outages];
