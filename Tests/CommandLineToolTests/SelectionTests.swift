import Events
import Foundation
import Runtime
import Testing

@testable import CommandLineTool

@Suite("A command chooses events", .timeLimit(.minutes(1)))
struct SelectionTests {
  private let event: SniffedEvent

  init() throws {
    event = SniffedEvent(
      try record(
        "beta", 12, at: 100,
        body: """
          {"correlationid":"r1","requestid":"r2","subject":"o1",\
          "data":{"price":{"amount":1000,"currency":"USD"},"day":"2026-11-26","product":"a widget"}}
          """))
  }

  @Test(
    "The beginning of a topic is enough, and * stands for anything but a slash",
    arguments: [
      ("", true), ("beta/", true), ("beta/order.captured/v2/", true), ("beta/order", true),
      ("alpha/", false), ("beta/order.captured/v2/x", false), ("*/order.captured", true),
      ("*/order.captured/v2/", true), ("*/order.charged", false), ("b*a/*/v2", true),
      ("*/*.captured", true), ("*", true), ("*/v2", false), ("b*/*/*/*/", false),
      ("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b/", false),
    ])
  func patterns(text: String, isMatch: Bool) {
    #expect(TopicPattern(text).matches("beta/order.captured/v2/") == isMatch)
  }

  @Test(
    "A condition compares numbers by their size, and all else by characters",
    arguments: [
      ("subject=o1", true), ("subject!=o1", false), ("subject~o", true), ("subject=o2", false),
      ("request=r1", true), ("request=r2", true), ("request=r3", false), ("request!=r2", false),
      ("sequence=12.0", true), ("sequence>9", true), ("sequence>12", false), ("sequence>=12", true),
      ("sequence<=12", true), ("sequence<9", false), ("data.price.amount>999", true),
      ("data.price.amount>1000", false), ("data.price.currency=USD", true),
      ("data.product~widget", true), ("data.none=1", false), ("data.none!=1", true),
      ("time>1970-01-01T00:01", true), ("time>1970-01-02", false), ("version=2", true),
      ("type=order.captured", true), ("stream!=alpha", true), ("topic~captured", true),
      ("cause=x", false), ("data.day=2026-11-26", true), ("data.day=2026-11-27", false),
      ("data.day<2026-11-27", true), ("data.day!=2026", true),
    ])
  func conditions(text: String, holds: Bool) throws {
    #expect(try Condition(text).holds(for: event) == holds)
  }

  @Test(
    "What is no condition is refused with the remedy",
    arguments: [
      ("subject", "is no condition. Write FIELD=VALUE"),
      ("subjekt=1", "an event has no field subjekt. Did you mean subject?"),
      ("subject.x=1", "an event has no field subject.x."), ("data..x=1", "an event has no field"),
      ("=1", "an event has no field"),
    ])
  func refused(text: String, sentence: String) {
    let error = #expect(throws: (any Error).self) { try Condition(text) }
    #expect(error.map { "\($0)" }?.contains(sentence) == true, "\(String(describing: error))")
  }

  @Test("All conditions, one of the topics, none of the excluded ones and both times hold")
  func selections() throws {
    var selection = EventSelection(patterns: [TopicPattern("alpha/"), TopicPattern("beta/")])
    #expect(selection.includes(event))
    selection.conditions = [try Condition("subject=o1"), try Condition("sequence>20")]
    #expect(!selection.includes(event))
    selection.conditions = []
    selection.excluded = [TopicPattern("*/order")]
    #expect(!selection.includes(event))
    selection.excluded = []
    selection.after = Timestamp(microseconds: 100_000_000)
    selection.before = Timestamp(microseconds: 100_000_001)
    #expect(selection.includes(event))
    selection.before = selection.after
    #expect(!selection.includes(event))
  }

  @Test("A pattern of a stream that is not listened to can match nothing")
  func outside() {
    let selection = EventSelection(
      patterns: ["alfa/", "alpha/", "*/order", "order"].map(TopicPattern.init))
    #expect(selection.patterns(outside: ["alpha"]).map(\.description) == ["alfa/"])
  }
}

@Suite("A person writes times", .timeLimit(.minutes(1)))
struct TimePointTests {
  private let now = Timestamp(microseconds: 1_779_019_200_000_000)

  @Test(
    "A duration has a unit, or is seconds",
    arguments: [
      ("90s", 90), ("15m", 900), ("1h", 3600), ("2d", 172_800), ("5", 5), ("0.5s", 0.5),
      ("1h30m", nil), ("-1s", nil), ("s", nil), ("", nil), ("inf", nil), ("nan", nil),
      ("1e99", nil),
      ("1000000000d", nil), ("36500d", 3_153_600_000),
    ] as [(String, Double?)])
  func durations(text: String, seconds: Double?) {
    #expect(TimePoint.duration(text) == seconds.map { .seconds($0) })
  }

  @Test("A time is RFC 3339, local, or so long ago")
  func times() throws {
    #expect(TimePoint.read("1h", now: now) == now - .seconds(3600))
    #expect(TimePoint.read("2026-05-17T12:00:00Z", now: now) == now)
    let day = try #require(TimePoint.read("2026-05-17 10:20:30", now: now))
    #expect(TimePoint.read("10:20:30", now: day) == day)
    #expect(TimePoint.read("10:20", now: day) == day - .seconds(30))
    #expect(CalendarTime(day).description == "10:20:30.000")
  }

  @Test(
    "What the calendar does not have is no time",
    arguments: [
      "25:00", "10:60", "2026-02-30 10:00", "2026-13-01 10:00", "600000-01-01 10:00",
      "noon", "10", "1:2:3:4",
    ])
  func none(text: String) {
    // A number alone is a duration.
    #expect((TimePoint.read(text, now: now) == nil) == (text != "10"))
  }
}
