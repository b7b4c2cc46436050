/// The traffic from one service to another: each link on its own, both ways.
///
/// A connection is like one of TCP until a fault changes it: in order, whole, quick.
final class Network {
  /// The kind of a message, and so its queue.
  enum Channel: Hashable { case events, questions, answers }

  private struct Queue: Hashable {
    let link: Link
    let channel: Channel
  }

  /// libzmq's limit, as the publisher sets it.
  private static let capacity = 4096

  private let seed: UInt64
  private let clock: SimulatedClock
  private let coverage: Coverage
  private var weather: [Link: [Weather]] = [:]
  private var cuts: [Link: Int] = [:]
  private var narrow: [Link: Int] = [:]
  private var waiting: [Queue: Int] = [:]
  private var lastArrival: [Queue: Moment] = [:]
  private var random: [Queue: Randomness] = [:]

  init(seed: UInt64, clock: SimulatedClock, coverage: Coverage) {
    self.seed = seed
    self.clock = clock
    self.coverage = coverage
  }

  // MARK: Faults

  func set(_ weather: Weather, on link: Link) {
    self.weather[link, default: []].append(weather)
  }

  func clear(_ weather: Weather, on link: Link) {
    guard let index = self.weather[link]?.firstIndex(of: weather) else { return }
    self.weather[link]?.remove(at: index)
  }

  func cut(_ link: Link) { cuts[link, default: 0] += 1 }
  func mend(_ link: Link) { cuts[link] = max(0, (cuts[link] ?? 0) - 1) }
  func isCut(_ link: Link) -> Bool { cuts[link] ?? 0 > 0 }
  func isCut(between one: Service, and other: Service) -> Bool {
    isCut(Link(from: one, to: other)) || isCut(Link(from: other, to: one))
  }

  func narrow(_ link: Link, to capacity: Int?) { narrow[link] = capacity }

  /// Nothing is in the way of messages any more.
  func calm(_ link: Link) {
    weather[link] = nil
    cuts[link] = nil
    narrow[link] = nil
  }

  // MARK: Messages

  /// When a message that is sent now arrives: not at all, once, or more than once.
  func arrivals(on link: Link, _ channel: Channel) -> [Moment] {
    let queue = Queue(link: link, channel: channel)
    var random = random[queue] ?? Randomness(seed, for: "link \(link) \(channel)")
    defer { self.random[queue] = random }
    let latency = random.number(UInt64(50)...600)
    guard !isCut(link) else { return [] }
    guard waiting[queue] ?? 0 < narrow[link] ?? Self.capacity else {
      coverage.hit(.overflow)
      return []
    }
    var copies = 1
    var delay = latency
    var mayOvertake = false
    for weather in weather[link] ?? [] {
      switch weather {
      case .dropping(let percent) where random.chance(percent):
        coverage.hit(.drop)
        return []
      case .duplicating(let percent) where random.chance(percent):
        coverage.hit(.duplicate)
        copies += 1
      case .delaying(let longest):
        coverage.hit(.delay)
        delay += random.number(0...longest)
      case .reordering(let longest):
        mayOvertake = true
        delay += random.number(0...longest)
      case .dropping, .duplicating: break
      }
    }
    return arrivals(copies, after: delay, in: queue, mayOvertake: mayOvertake, &random)
  }

  private func arrivals(
    _ copies: Int, after delay: UInt64, in queue: Queue, mayOvertake: Bool,
    _ random: inout Randomness
  ) -> [Moment] {
    (0..<copies).map { copy in
      var arrival = clock.now + delay + (copy == 0 ? 0 : random.number(UInt64(0)...200_000))
      if let last = lastArrival[queue], arrival <= last {
        if mayOvertake || copy > 0 { coverage.hit(.reorder) } else { arrival = last + 1 }
      }
      lastArrival[queue] = max(arrival, lastArrival[queue] ?? 0)
      waiting[queue, default: 0] += 1
      return arrival
    }
  }

  /// A message has left its queue: it was read, or its receiver has gone.
  func taken(from link: Link, _ channel: Channel) {
    waiting[Queue(link: link, channel: channel), default: 1] -= 1
  }
}
