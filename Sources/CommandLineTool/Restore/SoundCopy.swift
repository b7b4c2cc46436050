import Daemon
import Glibc
import Journal
import Runtime

/// The search for the newest copy of a service's journal that is sound, in a folder of backups.
struct SoundCopy {
  let place: JournalPlace
  let folder: BackupFolder

  /// A copy that is damaged.
  struct Skipped: Hashable, Encodable {
    let file: String
    /// Its first fault.
    let problem: String
  }

  /// - Parameters:
  ///   - now: the present time.
  ///   - checks: the rules of each service's own tables.
  /// - Returns: the copy, and the newer ones that are damaged.
  /// - Throws: 69 for a copy that this user may not read; 78 without a sound one.
  func newest(
    at now: Timestamp, checks: [String: [JournalCheck]]
  ) throws -> (file: String, skipped: [Skipped]) {
    var skipped: [Skipped] = []
    for name in try folder.listing().copies(of: place.service, at: now) {
      let file = folder.path(of: name.file)
      guard access(file, R_OK) == 0 else {
        throw Failure.forbidden(file, code: errno, to: "read")
      }
      guard let problem = try problem(of: file, checks: checks) else { return (file, skipped) }
      skipped.append(Skipped(file: file, problem: problem))
    }
    let list = skipped.map { "; \($0.file): \($0.problem)" }.joined()
    throw Failure(
      .configuration,
      """
      \(folder.path) has no sound copy of \(place.service)\(list). Nothing was changed. Name another \
      folder with --from, or a file.
      """)
  }

  /// The first fault of a copy; nil for a sound one.
  private func problem(of file: String, checks: [String: [JournalCheck]]) throws -> String? {
    do {
      let verification = try ServiceJournal.verify(file, of: place.service, checks: checks)
      if let finding = verification.findings.first {
        return "\(finding.check): \(finding.problem)"
      }
    } catch let error as JournalError where error.code == .notADatabase {
      return error.summary
    }
    for other in place.databases(besideCopy: file)
    where (try? ServiceJournal.isLost(other.original)) != false {
      guard !ServiceJournal.isMissing(other.copy) else { continue }
      if let fault = ServiceJournal.structuralFault(of: other.copy) {
        return "\(other.copy): \(fault)"
      }
    }
    return nil
  }
}
