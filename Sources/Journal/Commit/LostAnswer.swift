/// A commit whose answer was lost with its session: a value, the same for every driver.
///
/// Each commit has a number, which the database stores with it. The next session reads there
/// whether the commit has come to be.
package struct LostAnswer: Error {
  /// The number of the commit.
  private let commit: Int64
  /// The number of the last commit that has come to be; nil where no answer came in time.
  private let stored: Int64?
  private let failure: JournalError

  /// - Parameters:
  ///   - commit: the number of the commit.
  ///   - stored: that of the last one that has come to be; nil where no answer came in time.
  ///   - failure: the end of the session.
  package init(commit: Int64, stored: Int64?, failure: JournalError) {
    self.commit = commit
    self.stored = stored
    self.failure = failure
  }

  /// Returns where the commit has come to be.
  ///
  /// - Throws: a ``JournalError`` that passes, where it has not; or one of an unknown outcome.
  func requireStored() throws {
    guard let stored else { throw JournalError.unknownResult(failure.beneath) }
    guard stored == commit else {
      throw JournalError(
        .away, summary: "\(failure.summary), before a commit: nothing of it was stored",
        remedy: failure.remedy, cause: failure.cause)
    }
  }
}
