export { EvaluationError, type EvaluationErrorCode } from './evaluation-error.ts'
export type {
  Axis,
  Comparison,
  EvaluatedData,
  EvaluationResult,
  Figure,
  FigurePoint,
  FigureSeries,
  Finding,
  Interval,
  PolicyKind,
  ProtocolName,
  Provenance,
  ResultRow,
  SettingValue,
  Verdict,
} from './evaluation-result.ts'
export { parseResult } from './read-result.ts'
export { type MetricDescription, metricDescriptions } from './report/metric-descriptions.ts'
export { renderReport } from './report/render-report.ts'
export { type EvaluateOptions, evaluate } from './runtime/evaluate.ts'
export type { EvaluationProgress } from './runtime/evaluation-progress.ts'
export { writeResult } from './runtime/write-result.ts'
