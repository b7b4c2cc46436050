import Daemon
import Journal
import Runtime

/// The name of a dated copy in a folder of backups: `alpha-20261126T190000Z.sqlite`.
struct BackupName: Hashable, Comparable, Sendable {
  let service: String
  /// The time of the copy: `20261126T190000Z`.
  let stamp: String

  private static let end = ".sqlite"

  init(of service: String, at time: Timestamp) {
    self.service = service
    stamp = time.compact
  }

  /// Reads the beginning of a file's name; nil for one that no backup has made.
  fileprivate init?(beginning name: Substring) {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, isServiceName(String(parts[0])),
      parts[1].wholeMatch(of: /[0-9]{8}T[0-9]{6}Z/) != nil
    else { return nil }
    service = String(parts[0])
    stamp = String(parts[1])
  }

  /// The name of the journal's copy.
  var file: String { "\(service)-\(stamp)\(Self.end)" }

  static func < (left: Self, right: Self) -> Bool {
    (left.service, left.stamp) < (right.service, right.stamp)
  }
}

/// A file in a folder of backups, by its name.
struct BackupFile: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// The copy of a journal.
    case journal
    /// The copy of a database beside it.
    case database
    /// What a backup that was cut off has left.
    case part
  }

  let file: String
  let name: BackupName
  let kind: Kind

  /// Nil for a file that is not of a backup.
  init?(_ file: String) {
    let parts = file.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let name = BackupName(beginning: parts[0]),
      let kind = Self.kinds[String(parts[1])]
    else { return nil }
    self.file = file
    self.name = name
    self.kind = kind
  }

  /// The kinds by all that follows the time.
  private static let kinds: [String: Kind] = {
    let databases = ["sqlite"] + databasesBesideJournal
    var kinds = Dictionary(uniqueKeysWithValues: databases.map { ($0, Kind.database) })
    kinds["sqlite"] = .journal
    for database in databases {
      for companion in ["", "-journal", "-wal", "-shm"] {
        kinds[database + ServiceJournal.partSuffix + companion] = .part
      }
    }
    return kinds
  }()
}

/// The files of a folder of backups, and the decisions about them.
struct BackupListing: Hashable, Sendable {
  private let files: [BackupFile]

  /// - Parameter names: the names of the plain files in the folder.
  init(_ names: [String]) {
    files = names.compactMap(BackupFile.init)
  }

  /// The files that backups which were cut off have left.
  var parts: [String] { files.filter { $0.kind == .part }.map(\.file).sorted() }

  /// The copies of a service's journal, the newest first.
  ///
  /// A copy with a later time than now was made while the clock was wrong. It is older than the others.
  func copies(of service: String, at now: Timestamp) -> [BackupName] {
    let names = files.filter { $0.kind == .journal && $0.name.service == service }.map(\.name)
    let isPast = { (name: BackupName) in name.stamp <= now.compact }
    return names.filter(isPast).sorted(by: >) + names.filter { !isPast($0) }.sorted(by: >)
  }

  /// The files of the copies that are too many, a journal's copy before the others of its time.
  ///
  /// - Parameters:
  ///   - new: the copy that was just proved, and stays in any case.
  ///   - count: the number of copies of its service that stay.
  ///   - now: the present time.
  func surplus(beside new: BackupName, keeping count: Int, at now: Timestamp) -> [String] {
    let copies = copies(of: new.service, at: now)
    let kept = Set([new] + copies.filter { $0 != new }.prefix(count - 1))
    let surplus = Set(copies).subtracting(kept)
    // The copy of a database without its journal's copy is of no use, once it is older than all others.
    let isUseless = { (name: BackupName) in
      !copies.contains(name) && name.stamp < kept.map(\.stamp).min() ?? ""
    }
    let files = files.filter { $0.kind != .part && $0.name.service == new.service }
      .filter { surplus.contains($0.name) || isUseless($0.name) }
    return files.sorted {
      ($0.name, $0.kind == .journal ? 0 : 1) < ($1.name, $1.kind == .journal ? 0 : 1)
    }
    .map(\.file)
  }
}
