import Foundation
import Glibc
import Testing

@testable import Daemon

/// The users whose commands the socket for operators accepts.
@Suite(.timeLimit(.minutes(1))) struct OperatorAccessTests {
  private let access = OperatorAccess(user: 990, group: 985)

  @Test(
    arguments: [
      (0, [], nil), (990, [990], nil), (1000, [1000, 985], nil), (1000, [1000, 100], "1000"),
      (65_534, [65_534], "65534"), (985, [985 + 1], "985"),
    ] as [(uid_t, [gid_t], String?)])
  func `root, the daemon's user and the members of the group are accepted`(
    user: uid_t, groups: [gid_t], refused: String?
  ) throws {
    let problem = access.refusal(of: PeerCredentials(user: user, groups: Set(groups)))
    guard let refused else { return #expect(problem == nil) }
    let refusal = try #require(problem)
    #expect(refusal.status == .forbidden)
    #expect(refusal.slug == "not-an-operator")
    #expect(refusal.detail.contains(refused))
    #expect(refusal.remedy.contains("985"))
  }

  @Test func `a client that the kernel does not name is refused`() {
    #expect(access.refusal(of: nil)?.slug == "not-an-operator")
  }

  @Test func `the kernel names the user at the other end, with all of its groups`() throws {
    var files: [Int32] = [-1, -1]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &files) == 0)
    defer { for file in files { close(file) } }
    var groups = [gid_t](repeating: 0, count: 65_536)
    let count = getgroups(Int32(groups.count), &groups)
    let peer = try #require(PeerCredentials(files[0]))
    #expect(peer.user == geteuid())
    #expect(peer.groups == Set(groups.prefix(Int(count)) + [getegid()]))
  }
}
