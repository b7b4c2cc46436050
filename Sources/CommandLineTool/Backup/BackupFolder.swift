import Daemon
import FoundationEssentials
import Glibc
import Journal

/// A folder of dated backups.
struct BackupFolder: Hashable, Sendable {
  let path: String

  private static let lockFile = "backup.lock"

  func path(of file: String) -> String { "\(path)/\(file)" }

  /// Keeps every other backup out of the folder as long as the lock lives.
  ///
  /// - Throws: 1 when another backup runs; 69 when this user may not write there; 78 without a folder.
  func lock() throws(Failure) -> FolderLock {
    guard access(path, W_OK | X_OK) == 0 else {
      guard [ENOENT, ENOTDIR].contains(errno) else {
        throw .forbidden(path, code: errno, to: "write to")
      }
      throw Failure(.configuration, "there is no folder \(path). Make it: mkdir -m 750 \(path)")
    }
    do {
      let lock = try FolderLock(
        path(of: Self.lockFile), mode: 0o640,
        remedy: "Another backup writes to this folder, and nothing was changed. Wait until it ends."
      )
      giveToOwner(of: path, path(of: Self.lockFile))
      return lock
    } catch {
      throw Failure(.refused, "\(error)")
    }
  }

  /// - Throws: 69 when this user may not look into it; 78 without a folder.
  func listing() throws(Failure) -> BackupListing {
    do {
      let names = try FileManager.default.contentsOfDirectory(atPath: path)
      return BackupListing(names.filter { FileStatus(at: path(of: $0))?.kind == .plain })
    } catch {
      guard access(path, R_OK | X_OK) != 0, errno != ENOENT else {
        throw Failure(.configuration, "\(path) is not a folder. Name the folder of the backups.")
      }
      throw .forbidden(path, code: errno, to: "look into")
    }
  }

  /// - Throws: 1 when a file cannot be removed.
  func remove(_ files: [String]) throws(Failure) {
    for file in files {
      guard unlink(path(of: file)) != 0, errno != ENOENT else { continue }
      let reason = String(cString: strerror(errno)).lowercased()
      throw Failure(
        .refused,
        "\(path(of: file)) cannot be removed (\(reason)). Remove it as the user that it belongs to."
      )
    }
  }
}
