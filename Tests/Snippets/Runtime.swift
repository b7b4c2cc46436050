import Runtime

/// The time at which an operation is tried again that has failed so often in a row.
func nextAttempt(after failures: Int, in runtime: RuntimeContext) -> Timestamp {
  let backoff = Backoff(first: .milliseconds(500), longest: .seconds(60))
  return runtime.now() + backoff.pause(after: failures, random: runtime.random())
}
