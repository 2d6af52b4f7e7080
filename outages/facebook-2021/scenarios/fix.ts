/**
 * Part F: when no site has a backbone, being found is better than nothing; when a few have none, it is
 * worse. Both, in every order, with neighbours that do not answer, and with probes that are lost.
 */
import type { Cluster } from 'faultlab';
import { Backbone, REMOTE_REPAIR_MS } from '../backbone.ts';

const WARM_UP_MS = 60_000;
/** This long after a change, every site has seen it, and has made up its mind. */
const SETTLED_MS = 60_000;
/** Up to this share of the sites, those that are cut off have to go. */
const FEW = 0.45;
/** Of the sites that are left when all are cut off, this share has to stay. */
const STAY_MIN = 0.75;
const STEP_MS = 4000;
const CALM_MS = 300_000;
const LOSS = 0.1;
const WITHDRAWALS_MAX = 3;
const QUESTIONS_PER_S_MAX = 0.2;
const at = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** The command of 2021: all of them at once. People mend it. */
export function withstandsCommand(cluster: Cluster): void {
  const backbone = new Backbone(cluster);
  watch(cluster, backbone, WARM_UP_MS);
  allAtOnce(cluster, backbone);
}

function allAtOnce(cluster: Cluster, backbone: Backbone): void {
  backbone.runCommand(backbone.sites);
  watch(cluster, backbone, REMOTE_REPAIR_MS + 2 * SETTLED_MS);
}

/** One after the other goes, and one after the other comes back. */
export function withstandsSteps(cluster: Cluster): void {
  const backbone = new Backbone(cluster);
  watch(cluster, backbone, WARM_UP_MS);
  cluster.mark('one site after another is cut off');
  for (const site of backbone.pick(backbone.sites.length)) {
    backbone.cutOff([site]);
    watch(cluster, backbone, STEP_MS);
  }
  watch(cluster, backbone, 2 * SETTLED_MS);
  cluster.mark('one after another is back');
  for (const site of backbone.pick(backbone.sites.length)) {
    backbone.mend([site]);
    watch(cluster, backbone, STEP_MS);
  }
  watch(cluster, backbone, 2 * SETTLED_MS);
}

/** The mechanism: few sites are cut off, and visitors are better served elsewhere. Then all of them. */
export function fewWithdraw(share: number) {
  return (cluster: Cluster): void => {
    const backbone = new Backbone(cluster);
    watch(cluster, backbone, WARM_UP_MS);
    const cut = backbone.pick(Math.max(1, Math.round(share * backbone.sites.length)));
    cutForAWhile(cluster, backbone, cut);
    allAtOnce(cluster, backbone);
  };
}

function cutForAWhile(cluster: Cluster, backbone: Backbone, cut: readonly string[]): void {
  cluster.mark(`${cut.length} of ${backbone.up.length} sites are cut off`);
  backbone.cutOff(cut);
  watch(cluster, backbone, 2 * SETTLED_MS);
  cluster.mark('they are back');
  backbone.mend(cut);
  watch(cluster, backbone, 2 * SETTLED_MS);
}

/** Half of the neighbours are down, and say nothing. */
export function withSilentOthers(cluster: Cluster): void {
  const backbone = new Backbone(cluster);
  watch(cluster, backbone, WARM_UP_MS);
  backbone.stop(backbone.pick(backbone.sites.length / 2));
  watch(cluster, backbone, SETTLED_MS);
  allAtOnce(cluster, backbone);
}

export function aloneAmongSilentOthers(cluster: Cluster): void {
  const backbone = new Backbone(cluster);
  watch(cluster, backbone, WARM_UP_MS);
  backbone.stop(backbone.pick(backbone.sites.length / 2 + 2));
  watch(cluster, backbone, SETTLED_MS);
  cutForAWhile(cluster, backbone, backbone.pick(1, backbone.up));
  allAtOnce(cluster, backbone);
}

/** Calm, but for a probe that is lost now and then. Then the command. */
export function calmIsCalm(cluster: Cluster): void {
  const backbone = new Backbone(cluster);
  cluster.network({ dropChance: LOSS });
  cluster.run(CALM_MS);
  const { withdrawals } = backbone;
  const perS = (1000 * cluster.count('requests', 'view')) / CALM_MS / backbone.sites.length;
  cluster.expect(withdrawals <= WITHDRAWALS_MAX, {
    ruleId: 'flaps',
    rule: `With every tenth message lost, sites withdraw at most ${WITHDRAWALS_MAX} × in five minutes (handout, The bars)`,
    evidence: `sites have withdrawn ${withdrawals} × in ${at(CALM_MS)}, with nothing broken`,
    lookAt: 'how much does a site conclude from one round of probes?',
  });
  cluster.expect(perS <= QUESTIONS_PER_S_MAX, {
    ruleId: 'calm-cost',
    rule: `With nothing broken, a site asks others at most ${QUESTIONS_PER_S_MAX} × a second (handout, The bars)`,
    evidence: `each site has asked others ${perS.toFixed(2)} × a second`,
    lookAt: 'when does a site need to know about others?',
  });
  cluster.network({ dropChance: 0 });
  watch(cluster, backbone, SETTLED_MS);
  allAtOnce(cluster, backbone);
}

/** Lets time pass; looks every second at which sites are found, and which should be. */
function watch(cluster: Cluster, backbone: Backbone, ms: number): void {
  const untilMs = cluster.nowMs + ms;
  while (cluster.nowMs < untilMs) {
    cluster.run(1000);
    const { up, found } = backbone;
    const cutOff = up.filter((site) => backbone.isCutOff(site));
    const now = `at ${at(cluster.nowMs)}, ${cutOff.length} of ${up.length} sites are cut off from the data centres, and visitors find ${found.length}`;
    cluster.expect(found.length > 0, {
      ruleId: 'nobody-found',
      rule: 'At all times a DNS server is found on the internet (handout, The bars)',
      evidence: now,
      lookAt: 'where do visitors go when every site sends them elsewhere?',
    });
    if (backbone.calmForMs < SETTLED_MS) continue;
    const since = `for ${at(backbone.calmForMs)}`;
    if (cutOff.length === up.length) {
      cluster.expect(found.length >= STAY_MIN * up.length, {
        ruleId: 'few-left',
        rule: 'When all sites are cut off, three quarters of them or more are found a minute later: fewer could not carry the visitors (handout, The bars)',
        evidence: `${now}, ${since}`,
        lookAt: 'when does a site that has withdrawn look at the others again?',
      });
    }
    if (cutOff.length > FEW * up.length) continue;
    const stranded = found.find((site) => backbone.isCutOff(site));
    cluster.expect(stranded === undefined, {
      ruleId: 'stranded',
      rule: `When few sites are cut off, none of them is found a minute later: visitors are better served elsewhere (handout, The bars)`,
      evidence: `${now}, ${since}; ${stranded} is both cut off and found`,
      lookAt: 'how does a site know whether it is the only one?',
    });
    const missing = up.find((site) => !backbone.isCutOff(site) && !found.includes(site));
    cluster.expect(missing === undefined, {
      ruleId: 'missing',
      rule: 'A site that reaches the data centres is found, a minute later at the latest (handout, The bars)',
      evidence: `${now}, ${since}; ${missing} reaches all data centres, and is not found`,
      lookAt: 'who tells a site that has withdrawn to come back?',
    });
  }
}
