import Foundation
import GRDB
import Glibc

/// A charge as the embedded gateway has it in its own file.
struct GatewayCharge: Sendable {
  let key: String
  /// Nil while it was only asked for.
  let answer: String?
  let attempts: Int
}

/// The books of the embedded gateway, which a test reads beside the daemon that writes them.
final class GatewayBooks: Sendable {
  private let folder: String
  private let changes = Chronicle<Void>()

  /// Watches the books from now on; Charlie's state folder must be there.
  init(_ deployment: Deployment) throws {
    folder = deployment.stateFolder(.charlie)
    let watch = inotify_init1(O_CLOEXEC)
    guard watch >= 0, inotify_add_watch(watch, folder, UInt32(IN_MODIFY | IN_CREATE)) >= 0 else {
      throw SystemFailure("\(folder) cannot be watched", errno)
    }
    Thread.detachNewThread { [changes] in
      while hasChanged(watch) { changes.append(()) }
      changes.end()
      close(watch)
    }
  }

  /// Every charge in the books.
  func charges() throws -> [GatewayCharge] { try Self.charges(in: folder) }

  /// Every charge in the books in Charlie's state folder.
  ///
  /// They are read from a copy of the database and its write-ahead log, without the shared index
  /// between them: a commit is in the log a moment before the index shows it to others.
  static func charges(in folder: String) throws -> [GatewayCharge] {
    let copy = try TemporaryFolder()
    for name in ["gateway.sqlite", "gateway.sqlite-wal"] {
      let path = "\(folder)/\(name)"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      try FileManager.default.copyItem(atPath: path, toPath: "\(copy.path)/\(name)")
    }
    let database = try DatabaseQueue(path: "\(copy.path)/gateway.sqlite")
    return try database.read { database in
      try Row.fetchAll(database, sql: "SELECT key, answer, attempts FROM charges ORDER BY key")
        .map { GatewayCharge(key: $0["key"], answer: $0["answer"], attempts: $0["attempts"]) }
    }
  }

  /// The charges of an order: the key is fixed by the order.
  func charges(of order: Order) throws -> [GatewayCharge] {
    try charges().filter { $0.key.contains(order.id) }
  }

  /// Waits until the gateway has charged an order, whether it has answered or not.
  func hasCharged(_ order: Order) async throws {
    while true {
      let seen = changes.all.count
      if try charges(of: order).contains(where: { $0.answer == "charged" }) { return }
      _ = try await changes.first(after: seen, within: .seconds(20)) { true }
    }
  }
}

extension Deployment {
  /// Every charge in the books of the embedded gateway, which are where Charlie's journal is.
  func gatewayCharges() throws -> [GatewayCharge] {
    let query = "SELECT key, coalesce(answer, ''), attempts FROM gateway_charges ORDER BY key"
    guard let rows = try self.query(query, journalOf: .charlie) else {
      return try GatewayBooks.charges(in: stateFolder(.charlie))
    }
    return rows.split(separator: "\n").map { row in
      let columns = row.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      return GatewayCharge(
        key: columns[0], answer: columns[1].isEmpty ? nil : columns[1],
        attempts: Int(columns[2]) ?? 0)
    }
  }
}

/// Waits for a change of what is watched; false when it was removed, which ends the watch.
private func hasChanged(_ watch: Int32) -> Bool {
  withUnsafeTemporaryAllocation(of: inotify_event.self, capacity: 256) { buffer in
    let bytes = UnsafeMutableRawBufferPointer(buffer)
    guard read(watch, bytes.baseAddress, bytes.count) > 0 else { return false }
    // The removal comes alone, or at the end: the folder is emptied first.
    return buffer[0].mask & UInt32(IN_IGNORED) == 0
  }
}

/// A folder that goes with this value.
struct TemporaryFolder: ~Copyable {
  let path: String

  init() throws {
    var template = Array("/tmp/ev-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemFailure("no temporary folder", errno) }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }
}
