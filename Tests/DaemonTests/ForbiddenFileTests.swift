import Glibc
import Testing

@testable import Daemon

@Suite("Forbidden files", .timeLimit(.minutes(1)))
struct ForbiddenFileTests {
  /// What a user of no group reads about a folder of daemon's and of the group adm.
  private func sentence(
    about path: String, of folder: String, mode: mode_t, missing: Int32, group: gid_t = 4
  ) throws -> String {
    try #require(chmod(folder, mode) == 0 && chown(folder, 1, group) == 0)
    let file = ForbiddenFile(
      path: path, verb: "use", reason: "permission denied", obstacle: folder,
      status: FileStatus(at: folder), missing: mode_t(missing),
      user: ForbiddenFile.User(id: 2, groups: [2]), command: "eventually sniff")
    return "\(file)"
  }

  @Test(.enabled("to give a folder to another user, the tests run as root") { geteuid() == 0 })
  func `the owner is named, and the group where it has the right`() async throws {
    try await withTemporaryFolder { folder in
      let opening = "user bin (2) may not use \(folder)/a.log (permission denied)."
      let owner = "\(folder) belongs to user daemon (1) and group adm."
      let asOwner = "as its owner: sudo -u daemon eventually sniff"
      #expect(
        try sentence(about: folder + "/a.log", of: folder, mode: 0o750, missing: X_OK)
          == """
          \(opening) \(owner) Its group may do this: join it with `sudo usermod -aG adm bin` and \
          log in again. Or run this \(asOwner)
          """)
      for (mode, missing) in [(0o700, X_OK), (0o740, X_OK), (0o750, W_OK | X_OK)] {
        #expect(
          try sentence(about: folder + "/a.log", of: folder, mode: mode_t(mode), missing: missing)
            == "\(opening) \(owner) Run this \(asOwner)")
      }
      let itself = try sentence(about: folder, of: folder, mode: 0o770, missing: W_OK)
      #expect(itself.contains("). It belongs to user daemon (1)"))
      for group: gid_t in [0, 2] {
        let others = try sentence(
          about: folder, of: folder, mode: 0o770, missing: W_OK, group: group)
        #expect(!others.contains("usermod"), "root's group is no advice, nor is one's own")
      }
    }
  }

  @Test(.enabled("to give a file to another user, the tests run as root") { geteuid() == 0 })
  func `a file that is not its folder's owner's is named with the line that gives it back`()
    async throws
  {
    try await withTemporaryFolder { folder in
      try #require(chown(folder, 1, 1) == 0)
      for name in ["lock", "journal.sqlite", "journal.sqlite-wal", "other"] {
        close(open("\(folder)/\(name)", O_CREAT | O_WRONLY, 0o600))
        chown("\(folder)/\(name)", 1, 1)
      }
      #expect(MisownedFile.all(in: folder).isEmpty)
      for name in ["journal.sqlite-wal", "other"] { chown("\(folder)/\(name)", 0, 0) }
      #expect(
        MisownedFile.all(in: folder).map(\.description) == [
          """
          \(folder)/journal.sqlite-wal belongs to user root (0), and user daemon (1) may not use \
          it. Give it back: sudo chown daemon:daemon \(folder)/journal.sqlite-wal
          """
        ])
    }
  }
}
