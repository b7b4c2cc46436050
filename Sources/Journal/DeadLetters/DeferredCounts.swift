extension Reader {
  /// The number of deferred events in each state that has any.
  package func deferredCounts() throws -> [DeadLetter.State: Int] {
    let counted = try rows("SELECT state, count(*) AS value FROM put_aside GROUP BY state")
    return try counted.reduce(into: [:]) { counts, row in
      let state: DeadLetter.State = try row.value("state")
      counts[state] = try row.value("value")
    }
  }
}
