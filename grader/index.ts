/** What lab authors import as `faultlab`. */
export type { History, Operation, Outcome } from './checkers/history.ts';
export {
  casRegister,
  counter,
  fencedLock,
  growOnlySet,
  kv,
  type LookAhead,
  type Model,
  multiRegister,
  mutex,
  queue,
  versionedKv,
} from './checkers/models.ts';
export {
  checkListAppend,
  checkRwRegister,
  LEVELS,
  type Level,
  type TransactionHistory,
  type TransactionResult,
} from './checkers/transactions/check.ts';
export { tellTransactions } from './checkers/transactions/tell.ts';
export { checkWeak, type WeakModel, type WeakResult } from './checkers/weak/check.ts';
export { StrongConvergence, setFaults, whyNotConverged } from './checkers/weak/convergence.ts';
export { type Staleness, stalenessOf } from './checkers/weak/staleness.ts';
export type {
  Cluster,
  Failure,
  Invariant,
  Measure,
  RequestOutcome,
  Watch,
} from './cluster/interface.ts';
export { chainOf, whatBegan, whichLine } from './explain/about-code.ts';
export { whatChanged, whatHappenedBefore } from './explain/about-order.ts';
export {
  type Draft,
  type DraftAnswer,
  type Explain,
  nearlyHowMany,
  type QuestionMaker,
  question,
} from './explain/question.ts';
export type { RunEvent, RunRecord } from './explain/record.ts';
export {
  callOf,
  type Figure,
  growsUpTo,
  type Metric,
  milestone,
  predict,
  whatAnswerIfLost,
  whatIfCrashed,
  whatIfLost,
} from './explain/what-if.ts';
export { at, bodyOf, listed, named, told } from './explain/words.ts';
export {
  defineLab,
  isSimulated,
  type Lab,
  type Part,
  type PostgresLab,
  type Scenario,
  type ServerScenario,
  type SimulatedLab,
} from './lab.ts';
export { defineMutants, type Mutant, plantIn, type Variant } from './mutant.ts';
export type { NodeId } from './node.ts';
export {
  type Budget,
  callTrigger,
  countOf,
  defineOutage,
  fleet,
  type Incident,
  type Outage,
  readTrigger,
  type TriggerEvent,
  type TriggerStep,
} from './outage.ts';
export type { Finding, Report, Step, ToldOperation } from './report/report.ts';
export type { WireMessage } from './sim/network.ts';
export type { Draw } from './sim/prng.ts';
export type { Broken, Drill, PgServer } from './systems/drill.ts';
export type { Members } from './systems/members.ts';
export { lsnToBytes, SqlError, sleep } from './systems/postgres.ts';
export type { Workload, Write } from './systems/workload.ts';
