import Courier
import Journal
import Testing
import ZeroMQ

/// The consumers for which a peer may acknowledge.
@Suite(.timeLimit(.minutes(1)))
struct RequestOriginTests {
  private let own = Peer(uid: 900, gid: 901, pid: 1)
  private let expected = ExpectedConsumers(["beta", "charlie"], users: ["charlie": [1_000]])

  private func objection(_ identity: RequestOrigin.Identity, to consumer: String) -> String? {
    RequestOrigin(identity, expected: expected, own: own).objection(to: consumer, of: "alpha")
  }

  private func process(uid: UInt32, gid: UInt32) -> RequestOrigin.Identity {
    .process(Peer(uid: uid, gid: gid, pid: 7))
  }

  @Test func `by default the daemon's own user and group acknowledge for a consumer`() {
    #expect(objection(process(uid: 900, gid: 5), to: "beta") == nil)
    #expect(objection(process(uid: 5, gid: 901), to: "beta") == nil)
    let other = objection(process(uid: 5, gid: 6), to: "beta")
    #expect(other?.contains("alpha.consumers.users: beta=5") == true)
  }

  @Test func `configured users alone acknowledge for it`() {
    #expect(objection(process(uid: 1_000, gid: 6), to: "charlie") == nil)
    let own = objection(process(uid: 900, gid: 901), to: "charlie")
    #expect(own?.contains("alpha.consumers.users") == true)
  }

  @Test func `the daemon's own user accuses, and a named one, and not its group`() {
    func mayAccuse(_ identity: RequestOrigin.Identity, for consumer: String) -> Bool {
      RequestOrigin(identity, expected: expected, own: own).mayAccuse(for: consumer, of: "alpha")
    }
    #expect(mayAccuse(process(uid: 900, gid: 5), for: "beta"))
    #expect(!mayAccuse(process(uid: 5, gid: 901), for: "beta"))
    #expect(mayAccuse(process(uid: 1_000, gid: 6), for: "charlie"))
    #expect(!mayAccuse(process(uid: 900, gid: 901), for: "charlie"))
    #expect(mayAccuse(.unproved, for: "beta"))
    #expect(!mayAccuse(.concealed, for: "beta"))
  }

  @Test func `no peer acknowledges for a name that is not configured`() {
    for identity in [process(uid: 900, gid: 901), .unproved] {
      #expect(objection(identity, to: "mallory")?.contains("alpha.consumers") == true)
    }
    for name in ["", "a b", "x\ny", String(repeating: "x", count: 65)] {
      #expect(objection(.unproved, to: name)?.contains("visible ASCII") == true)
    }
  }

  @Test func `a transport without proof lets the name count, unless the peer conceals it`() {
    #expect(objection(.unproved, to: "charlie") == nil)
    #expect(objection(.concealed, to: "charlie") != nil)
  }
}
