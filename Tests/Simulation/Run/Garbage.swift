// The messages that a stranger may send on a socket.

import Courier
import Events
import FoundationEssentials
import Runtime

extension World {
  /// Sends one message that is no event, no request and no reply.
  func sendGarbage(on link: Link, _ random: inout Randomness) {
    let frames = Garbage.frames(from: link.from, &random)
    guard let receiver = node(link.to).process else { return }
    if link.to.follows.contains(link.from) {
      let channel: Network.Channel = random.chance(50) ? .events : .answers
      send(frames, channel, from: link.from, to: link.to, process: receiver.number)
    }
    if let sender = node(link.from).process { ask(frames, of: link.to, from: sender) }
  }
}

private enum Garbage {
  static func frames(from sender: Service, _ random: inout Randomness) -> [Data] {
    let topic = Data("\(sender.rawValue)/order.captured/v2/".utf8)
    let header = Header(
      schemaVersion: 2, leastReader: 2, epoch: Epoch(random.next()),
      sequence: random.number(0...UInt64(50)), committedAt: Timestamp(microseconds: random.next()),
      chain: Chain(bytes(16, &random)) ?? .zero)
    let beat = Topic.beat(to: Data(Topic.prefix(ofStream: sender.rawValue).utf8))
    return random.pick([
      [], [Data()], [bytes(20, &random)], [topic], [topic, bytes(48, &random), Data("{}".utf8)],
      [topic, header.bytes, Data("{}".utf8)], [topic, header.bytes, bytes(100, &random)],
      [topic, header.bytes, Data("{}".utf8), Data()], [beat, header.bytes, Data("[]".utf8)],
      [Data("FETCH".utf8)], [Data("FETCH".utf8), Data("{".utf8)],
      [Data("FETCH".utf8), Data(#"{"stream":"nowhere","after":0}"#.utf8)],
      [Data("ACK".utf8), Data(#"{"consumer":"beta","sequence":1e9}"#.utf8)],
      [Data("EVENTS".utf8), Data("{}".utf8)], [Data("ERROR".utf8), Data("{}".utf8)],
    ])
  }

  private static func bytes(_ count: Int, _ random: inout Randomness) -> Data {
    Data((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
  }
}
