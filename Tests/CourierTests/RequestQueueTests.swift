import Courier
import Foundation
import Testing
import ZeroMQ

/// The order in which requests are answered.
@Suite(.timeLimit(.minutes(1)))
struct RequestQueueTests {
  private func request(_ sender: String, _ verb: String = "FETCH", _ json: String = "{}")
    -> PendingRequest
  {
    PendingRequest(
      from: Data(sender.utf8), .unproved, frames: [Data(verb.utf8), Data(json.utf8)])
  }

  private func name(_ request: PendingRequest?) -> String? {
    request.map { String(decoding: $0.sender + $0.frames[1], as: UTF8.self) }
  }

  @Test(arguments: ["FETCH", "STATUS"])
  func `beside two peers with 5,000 requests, a third is answered after at most four others`(
    verb: String
  ) {
    var queue = RequestQueue()
    for _ in 0..<5_000 {
      for flooder in ["one", "two"] { queue.append(request(flooder, verb)) }
    }
    queue.append(request("three"))
    var others = 0
    while let next = queue.next(), next.sender != Data("three".utf8) { others += 1 }
    #expect(others <= 4)
    #expect(queue.dropped >= 9_990)
  }

  @Test func `the newest FETCH of a peer takes the place of its older one`() {
    var queue = RequestQueue()
    for number in 1...3 { queue.append(request("a", "FETCH", "\(number)")) }
    #expect(name(queue.next()) == "a3")
    #expect(queue.next() == nil)
    #expect(queue.dropped == 2)
  }

  @Test func `of a peer's other requests four wait, and the oldest is dropped`() {
    var queue = RequestQueue()
    for number in 1...6 { queue.append(request("a", "STATUS", "\(number)")) }
    #expect((1...4).map { _ in name(queue.next()) } == ["a3", "a4", "a5", "a6"])
    #expect(queue.isEmpty)
  }

  @Test func `peers take turns, one request each`() {
    var queue = RequestQueue()
    for peer in ["a", "b"] {
      for number in 1...2 { queue.append(request(peer, "ACK", "\(number)")) }
    }
    queue.append(request("c", "ACK", "1"))
    #expect((1...5).map { _ in name(queue.next()) } == ["a1", "b1", "c1", "a2", "b2"])
  }

  @Test func `1,024 peers wait at once, and one more is turned away and counted`() {
    var queue = RequestQueue()
    for number in 0..<RequestQueue.maxPeers { queue.append(request("\(number)")) }
    #expect(queue.append(request("one more")).map(\.sender) == [Data("one more".utf8)])
    #expect(queue.dropped == 1)
    _ = queue.next()
    #expect(queue.append(request("one more")).isEmpty)
  }

  private func request(_ sender: String, by pid: Int32) -> PendingRequest {
    PendingRequest(
      from: Data(sender.utf8), .process(Peer(uid: 1_000, gid: 1_000, pid: pid)),
      frames: [Data("ACK".utf8), Data("{}".utf8)])
  }

  @Test func `beside 16 processes with 64 connections each, a 17th is answered after 17 others`() {
    for answered in [0, 1, 8, 16, 17, 100] {
      var queue = RequestQueue()
      for number in 0..<1_024 {
        for _ in 1...4 { queue.append(request("\(number)", by: Int32(number % 16))) }
      }
      for _ in 0..<answered { _ = queue.next() }
      let dropped = queue.append(request("new", by: 17))
      let newest = (1_008..<1_024).map { Data("\($0)".utf8) }
      #expect(dropped.count == 4 && dropped.allSatisfy { newest.contains($0.sender) })
      var others = 0
      while let next = queue.next(), next.sender != Data("new".utf8) { others += 1 }
      #expect(others <= 17)
    }
  }

  @Test func `the process with the most connections gives up its newest, and takes none`() {
    var queue = RequestQueue()
    for number in 0..<1_000 { queue.append(request("a\(number)", by: 1)) }
    for number in 0..<24 { queue.append(request("b\(number)", by: 2)) }
    #expect(queue.append(request("a1000", by: 1)).map(\.sender) == [Data("a1000".utf8)])
    #expect(queue.append(request("b24", by: 2)).map(\.sender) == [Data("a999".utf8)])
    #expect(queue.append(request("b25", by: 2)).map(\.sender) == [Data("a998".utf8)])
    #expect(queue.removeAll().count == 1_024)
    #expect(queue.isEmpty && queue.next() == nil)
  }

  @Test(arguments: [
    [Data(count: 1 << 20), Data(count: 1 << 20)], [Data(count: 3_000), Data(count: 3_000)],
    [Data("FETCH".utf8), Data(count: 4_092)],
  ])
  func `of an oversized request a few bytes are kept, and it stays malformed`(frames: [Data]) {
    let request = PendingRequest(from: Data("a".utf8), .unproved, frames: frames)
    #expect(request.frames.reduce(0) { $0 + $1.count } == LogRequest.maxBytes + 1)
    let refusal = #expect(throws: Refusal.self) { _ = try LogRequest(frames: request.frames[...]) }
    #expect(refusal?.code == .malformed)
    #expect(refusal?.message.contains("4 KiB") == true)
  }

  @Test func `a request of many frames is kept as one that has too many`() {
    let request = PendingRequest(
      from: Data("a".utf8), .unproved, frames: Array(repeating: Data("x".utf8), count: 1_000))
    #expect(request.frames.count == 3)
    let refusal = #expect(throws: Refusal.self) { _ = try LogRequest(frames: request.frames[...]) }
    #expect(refusal?.message.contains("two frames") == true)
  }

  @Test func `a kind of complaint is logged once a second at most, with what was left out`() {
    var complaints = Complaints()
    var lines: [String] = []
    for number in 0..<5_000 {
      if let line = complaints.note("ahead", sentence: "\(number)", at: .milliseconds(number)) {
        lines.append(line)
      }
    }
    #expect(
      lines == [
        "0", "1000 (and 999 more since the last such line)",
        "3000 (and 1999 more since the last such line)",
      ])
    #expect(complaints.tick(at: .milliseconds(5_000)) == [])
    let rest = complaints.tick(at: .milliseconds(7_000))
    #expect(rest == ["4999 (and 1998 more since the last such line)"])
    #expect(complaints.tick(at: .seconds(60)) == [])
  }
}
