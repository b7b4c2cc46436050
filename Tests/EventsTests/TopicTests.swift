import Events
import FoundationEssentials
import Testing

@Suite(.timeLimit(.minutes(1))) struct TopicTests {
  @Test(
    arguments: [
      ("alpha/settings.changed/v1/", "alpha", "settings.changed", 1),
      ("beta/order.captured/v2/", "beta", "order.captured", 2),
      ("a-1/b/v65535/", "a-1", "b", 65_535),
    ] as [(String, String, String, UInt16)])
  func `a topic is read and written`(
    text: String, stream: String, type: String, version: UInt16
  ) {
    let topic = Topic(stream: stream, type: type, version: version)
    #expect(topic.description == text)
    #expect(Topic(text) == topic)
    #expect(Topic(bytes: Data(text.utf8)) == topic)
    #expect(topic.bytes == Data(text.utf8))
  }

  @Test(arguments: [
    "", "/", "///", "alpha", "alpha/settings.changed/v1", "alpha/settings.changed/v1/x",
    "alpha/settings.changed/v1//", "/alpha/settings.changed/v1/", "/settings.changed/v1/",
    "alpha//v1/", "alpha/settings.changed//", "alpha/settings.changed/1/",
    "alpha/settings.changed/v/", "alpha/settings.changed/v0/", "alpha/settings.changed/v01/",
    "alpha/settings.changed/v+1/", "alpha/settings.changed/v-1/", "alpha/settings.changed/V1/",
    "alpha/settings.changed/v65536/", "Alpha/settings.changed/v1/", "alpha/settings changed/v1/",
    "alpha/settings_changed/v1/", "álpha/settings.changed/v1/", "alpha/~beat/", "~beat/",
    "alpha/~beat/v1/",
  ])
  func `a topic that would not be written is not read`(text: String) {
    #expect(Topic(text) == nil)
    #expect(Topic(bytes: Data(text.utf8)) == nil)
  }

  @Test func `a topic has at most 255 bytes`() {
    let rest = "/b/v1/"
    let longest = String(repeating: "a", count: 255 - rest.count) + rest
    #expect(Topic(longest)?.description == longest)
    #expect(Topic("a" + longest) == nil)
    #expect(Topic(bytes: Data("a".utf8) + Data(longest.utf8)) == nil)
  }

  @Test func `a control character after a topic is not cut off`() {
    #expect(Topic("alpha/settings.changed/v1/\0") == nil)
    #expect(Topic("alpha/settings.changed/v1/\n") == nil)
  }

  @Test func `bytes that are no text are not read`() {
    #expect(Topic(bytes: Data([0xff, 0xfe]) + Data("/b/v1/".utf8)) == nil)
  }

  @Test func `a part of a larger buffer is read`() {
    let bytes = Data("xxalpha/b/v1/".utf8)
    #expect(Topic(bytes: bytes.dropFirst(2)) == Topic(stream: "alpha", type: "b", version: 1))
  }

  @Test func `a stream's prefix matches its topics and no longer name`() {
    let prefix = Topic.prefix(ofStream: "alpha")
    #expect(Topic(stream: "alpha", type: "b", version: 1).description.hasPrefix(prefix))
    #expect(!Topic(stream: "alphabet", type: "b", version: 1).description.hasPrefix(prefix))
  }

  @Test(arguments: [("alpha/", "alpha/~beat/"), ("", "~beat/"), ("al", "al~beat/")])
  func `the beat of a prefix begins with it, and is no topic of an event`(
    prefix: String, beat: String
  ) {
    #expect(text(Topic.beat(to: Data(prefix.utf8))) == beat)
    #expect(Topic(beat) == nil)
  }
}
