import Courier
import Events
import Foundation
import Journal
import Testing

/// What a publisher sends, and when.
struct PublicationTests {
  private let source: Source
  private let head: Head

  init() throws {
    let journal = try ServiceJournal(.memory, of: "alpha", surroundings: .machine)
    head = try journal.look { try $0.head() }
    var source = Source(count: 3)
    source.epoch = head.epoch
    self.source = source
  }

  private func prefix(_ text: String) -> Data { Data(text.utf8) }

  @Test func `each new subscription is told at once where the stream is, equal ones too`() {
    var publication = Publication(head)
    for _ in 1...2 {
      let messages = publication.subscribed(prefix("alpha/"))
      #expect(messages.count == 1)
      #expect(messages.first.flatMap { Beat(frames: $0) } == Beat(head))
      #expect(messages.first?.first == prefix("alpha/~beat/"))
    }
    #expect(publication.beat().count == 1)
  }

  @Test func `every second each prefix has a beat, with the last published event`() {
    var publication = Publication(head)
    for text in ["", "alpha/", "alpha/thing"] { _ = publication.subscribed(prefix(text)) }
    #expect(publication.publish(source.records, of: head) == source.records.map(\.frames))
    let beats = publication.beat()
    #expect(beats.map(\.[0]) == ["~beat/", "alpha/~beat/", "alpha/thing~beat/"].map(prefix))
    for beat in beats { #expect(Beat(frames: beat)?.cursor == source.cursor) }
    #expect(publication.published.sequence == 3)

    publication.cancelled(prefix("alpha/"))
    #expect(publication.beat().count == 2)
    publication.cancelled(prefix("never"))
    #expect(publication.beat().count == 2)
  }

  @Test func `prefixes are bounded in number and in size`() {
    var publication = Publication(head)
    #expect(publication.subscribed(Data(repeating: 65, count: 255)).count == 1)
    #expect(publication.subscribed(Data(repeating: 65, count: 256)).isEmpty)
    for number in 1..<1024 {
      #expect(publication.subscribed(prefix("\(number)")).count == 1)
    }
    #expect(publication.subscribed(prefix("one more")).isEmpty)
    #expect(publication.subscribed(prefix("7")).count == 1)
    #expect(publication.beat().count == 1024)
    publication.cancelled(prefix("7"))
    #expect(publication.subscribed(prefix("one more")).count == 1)
  }

  @Test func `events keep the order of the log`() async {
    var publication = Publication(head)
    _ = publication.publish(source[1...2], of: head)
    #expect(publication.published.cursor == source.place(2))
    await #expect(processExitsWith: .failure) {
      let journal = try ServiceJournal(.memory, of: "alpha", surroundings: .machine)
      let head = try journal.look { try $0.head() }
      var publication = Publication(head)
      let source = Source(count: 2)
      _ = publication.publish(source[2...2], of: head)
      _ = publication.publish(source[1...1], of: head)
    }
  }

  @Test func `what has left the log before it was sent is passed over`() {
    var publication = Publication(head)
    _ = publication.subscribed(prefix("alpha/"))
    #expect(publication.publish(source[3...3], of: head).count == 1)
    #expect(publication.beat().compactMap { Beat(frames: $0)?.cursor } == [source.cursor])
  }
}
