/** `lab reset <lab>`: the skeleton again, after a backup. */
import { UsageError } from '../errors.ts';
import { findLab } from '../select.ts';
import { confirm, type Ui } from '../ui.ts';
import { findWorkspace, reset, shown, startedFolder } from '../workspace.ts';

export async function resetLab(ui: Ui, slug: string, { yes }: { yes?: boolean }): Promise<number> {
  const lab = await findLab(slug).load();
  const root = findWorkspace();
  const folder = shown(startedFolder(root, lab));
  if (!yes && !ui.interactive) {
    const what = `reset replaces ${folder} (a backup is kept), and there is nobody to confirm it`;
    throw new UsageError({ what, todo: `lab reset ${slug} --yes` });
  }
  if (!yes && !(await confirm(`Replace ${folder} with the skeleton? A backup is kept.`))) {
    ui.out('Nothing was changed.');
    return 0;
  }
  const backup = shown(reset(root, lab));
  ui.out(`${folder} is the skeleton again.`, `Your files: ${backup}`);
  ui.out(`To go back: cp -r ${backup}/. ${folder}/`);
  return 0;
}
