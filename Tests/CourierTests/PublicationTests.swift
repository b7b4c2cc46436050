import Courier
import Events
import Foundation
import Journal
import RoomTesting
import Testing

/// The messages of a publisher, and their times.
@Suite(.timeLimit(.minutes(1)))
struct PublicationTests {
  private let source: SyntheticLog
  private let head: Head

  init() throws {
    let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
    head = try journal.look { try $0.head() }
    let source = SyntheticLog(count: 3)
    source.epoch = head.epoch
    self.source = source
  }

  private func prefix(_ text: String) -> Data { Data(text.utf8) }

  private func topics(_ beats: [[Data]]) -> [String] {
    beats.map { String(decoding: $0[0], as: UTF8.self) }
  }

  @Test func `each new subscription gets the position at once, equal ones too`() {
    var publication = Publication(head)
    for second in 1...2 {
      let messages = publication.subscribed(prefix("alpha/"), at: .seconds(second))
      #expect(messages.count == 1)
      #expect(messages.first.flatMap { Beat(frames: $0) } == Beat(head))
      #expect(messages.first?.first == prefix("alpha/~beat/"))
    }
    #expect(publication.beat(at: .seconds(3)).count == 1)
  }

  @Test func `every second each prefix has a beat, with the last published event`() {
    var publication = Publication(head)
    for text in ["", "alpha/", "alpha/thing"] {
      _ = publication.subscribed(prefix(text), at: .zero)
    }
    #expect(publication.publish(source.records, of: head) == source.records.map(\.frames))
    let beats = publication.beat(at: .seconds(1))
    #expect(topics(beats) == ["~beat/", "alpha/~beat/", "alpha/thing~beat/"])
    for beat in beats { #expect(Beat(frames: beat)?.cursor == source.cursor) }
    #expect(publication.published.sequence == 3)

    publication.cancelled(prefix("alpha/"))
    #expect(publication.beat(at: .seconds(2)).count == 2)
    publication.cancelled(prefix("never"))
    #expect(publication.beat(at: .seconds(3)).count == 2)
  }

  @Test func `prefixes are bounded in size`() {
    var publication = Publication(head)
    #expect(publication.subscribed(Data(repeating: 65, count: 255), at: .zero).count == 1)
    #expect(publication.subscribed(Data(repeating: 65, count: 256), at: .zero).isEmpty)
  }

  @Test func `of 1,024 prefixes one is kept for the followers`() {
    var publication = Publication(head)
    for number in 1...2_000 { _ = publication.subscribed(prefix("\(number)"), at: .zero) }
    #expect(publication.beat(at: .seconds(1)).count == 1_023)
    #expect(topics(publication.subscribed(prefix("alpha/"), at: .seconds(2))) == ["alpha/~beat/"])
    #expect(publication.beat(at: .seconds(3)).count == 1_024)
    #expect(publication.subscribed(prefix("one more"), at: .seconds(4)).isEmpty)
    publication.cancelled(prefix("7"))
    #expect(publication.subscribed(prefix("one more"), at: .seconds(4)).count == 1)
  }

  @Test func `a prefix without a place takes one of a cancelled prefix, and no other`() {
    var publication = Publication(head)
    for number in 1...1_023 { _ = publication.subscribed(prefix("\(number)"), at: .zero) }
    #expect(publication.beat(at: .seconds(1)).count == 1_023)
    for number in 1...1_023 { publication.cancelled(prefix("\(number)")) }
    #expect(publication.subscribed(prefix("new"), at: .milliseconds(1_050)).count == 1)
    let again = (1...20).flatMap {
      publication.subscribed(prefix("\($0)"), at: .milliseconds(1_060))
    }
    #expect(again.count <= 1, "the time of the last beat to each of the others is still known")
  }

  @Test func `444,000 equal subscriptions in a second cause eleven beats`() {
    var publication = Publication(head)
    var beats = 0
    for number in 0..<444_000 {
      let now = Duration.nanoseconds(number * 2_252)
      if let due = publication.nextBeatAt, due <= now {
        beats += publication.beatsDue(at: now).count
      }
      beats += publication.subscribed(prefix("alpha/"), at: now).count
    }
    #expect((5...11).contains(beats), "\(beats)")
  }

  @Test func `as many different subscriptions cause at most 64 beats in 100 ms`() {
    var publication = Publication(head)
    var beats = 0
    for number in 0..<444_000 {
      let now = Duration.nanoseconds(number * 2_252)
      if let due = publication.nextBeatAt, due <= now {
        beats += publication.beatsDue(at: now).count
      }
      let prefix = prefix("alpha/\(number)/")
      beats += publication.subscribed(prefix, at: now).count
      publication.cancelled(prefix)
    }
    #expect(beats <= 11 * 64, "\(beats)")
  }

  @Test func `a subscription that is put off has its beat when 100 ms are over`() {
    var publication = Publication(head)
    #expect(publication.subscribed(prefix("alpha/"), at: .seconds(1)).count == 1)
    #expect(publication.nextBeatAt == nil)
    #expect(publication.subscribed(prefix("alpha/"), at: .milliseconds(1_040)).isEmpty)
    #expect(publication.nextBeatAt == .milliseconds(1_100))
    #expect(publication.beatsDue(at: .milliseconds(1_099)).isEmpty)
    #expect(topics(publication.beatsDue(at: .milliseconds(1_200))) == ["alpha/~beat/"])
    #expect(publication.nextBeatAt == nil)
  }

  @Test func `events keep the order of the log`() async {
    var publication = Publication(head)
    _ = publication.publish(source[1...2], of: head)
    #expect(publication.published.cursor == source.cursor(at: 2))
    await #expect(processExitsWith: .failure) {
      let journal = try ServiceJournal(.memory, of: "alpha", runtime: .machine)
      let head = try journal.look { try $0.head() }
      var publication = Publication(head)
      let source = SyntheticLog(count: 2)
      _ = publication.publish(source[2...2], of: head)
      _ = publication.publish(source[1...1], of: head)
    }
  }

  @Test func `an event that has left the log before it was sent is skipped`() {
    var publication = Publication(head)
    _ = publication.subscribed(prefix("alpha/"), at: .zero)
    #expect(publication.publish(source[3...3], of: head).count == 1)
    let beats = publication.beat(at: .seconds(1))
    #expect(beats.compactMap { Beat(frames: $0)?.cursor } == [source.cursor])
  }
}
