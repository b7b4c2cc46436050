import Foundation
import Testing

@testable import ZeroMQ

@Suite("Peers", .timeLimit(.minutes(1)))
struct PeerTests {
  @Test("A router's message over ipc names the process that sent it")
  func namesTheProcess() async throws {
    let peer = try await peerOfRequest(over: .ipc)
    #expect(peer == Peer(uid: getuid(), gid: getgid(), pid: getpid()))
  }

  @Test(
    "A router's message over another transport names none", arguments: [Transport.tcp, .inproc])
  func namesNone(over transport: Transport) async throws {
    #expect(try await peerOfRequest(over: transport) == nil)
  }

  private func peerOfRequest(over transport: Transport) async throws -> Peer? {
    var peer: Peer?
    try await withContext { context, folder in
      try await context.withRouter(binding: [transport.endpoint("a", in: folder)]) { router in
        try await context.withDealer(connectingTo: router.boundEndpoints) { dealer in
          try await dealer.connected()
          try await dealer.send([Message("hello")])
          peer = try #require(await take(1, of: router.messages).first).peer
        }
      }
    }
    return peer
  }

  @Test("Messages are equal by their frames, and what is received may be sent back")
  func ignoresThePeer() {
    let peer = Peer(uid: 1, gid: 2, pid: 3)
    #expect(Message([Data("a".utf8)], from: peer) == Message("a"))
    #expect(Message([Data("a".utf8)], from: peer) != Message("b"))
  }

  @Test(
    "Only libzmq's form for ipc is a peer",
    arguments: [
      ("localhost:1000:100:4242", Peer(uid: 1000, gid: 100, pid: 4242)),
      ("localhost:4294967295:0:0", Peer(uid: .max, gid: 0, pid: 0)),
      ("127.0.0.1", nil), ("::1", nil), ("fe80::1:0:0:7", nil), ("localhost", nil), ("", nil),
      ("localhost:1:2", nil), ("localhost:1:2:3:4", nil), ("localhost:1:2:3x", nil),
      ("localhost:-1:2:3", nil), ("localhost::2:3", nil), ("localhost:4294967296:0:1", nil),
      ("localhost:0:0:4294967295", nil), ("localhosts:0:0:1", nil),
    ] as [(String, Peer?)])
  func reads(address: String, peer: Peer?) {
    #expect(address.withCString { Peer(address: $0) } == peer)
  }
}
