/// A notice of a database server about commits: a value, the same for every driver.
package enum ServerNotice: Sendable {
  /// A session listens from now on.
  ///
  /// The commits between the end of the last session and this were not reported.
  case listening
  /// Processes have committed, by their numbers among the writers, as far as they are known.
  case committed([Int64?])

  /// Whether another process may have committed.
  ///
  /// - Parameter own: the number of this process; nil before its first session.
  package func isNews(for own: Int64?) -> Bool {
    switch self {
    case .listening: true
    case .committed(let writers): writers.contains { $0 != own }
    }
  }
}
