// The page of health: rates, lag, critical time, stuck orders and dead letters.

import Daemon
import Schema

extension OverlordPages {
  var healthRoutes: [Route] {
    [
      .query("/health") { _, snapshot in try look.html(try health(in: snapshot)) }
    ]
      + Route.deadLetterForms(of: "/health#dead-letters").map { form in
        form.showingRefusals { problem, request, snapshot in
          let refused = RefusedLetter(
            id: request.parameters["id"] ?? "", problem: problem,
            typed: (try? request.form())?["data"])
          return try look.html(try health(in: snapshot, refused: refused))
        }
      }
  }

  private func health(in snapshot: Snapshot, refused: RefusedLetter? = nil) throws -> WebPage {
    let now = now()
    let letters = try snapshot.deadLetters(after: 0, limit: LetterGroup.limit, all: false)
      .map(\.letter)
    let groups = LetterGroup.groups(of: letters, refused: refused)
    let counts = try snapshot.deferredCounts()
    let held = [DeadLetter.State.waiting, .retrying, .behind].reduce(0) { $0 + (counts[$1] ?? 0) }
    let stuck = try snapshot.stuckOrders(before: now - Measured.patience, limit: 20)
    var values: [String: Any] = [
      "streams": try streams(snapshot).map(StreamRow.init), "rates": try rates(snapshot, at: now),
      "stuck": stuck.map(StuckRow.init), "isNoneStuck": stuck.isEmpty,
      "groups": groups, "isNoneDead": letters.isEmpty,
      "dead": counts[.dead] ?? 0, "held": held, "isNoneHeld": held == 0,
      "waiting": counts[.waiting] ?? 0, "retrying": counts[.retrying] ?? 0,
      "behind": counts[.behind] ?? 0, "others": frames, "orders": Measured.orders,
      "open": Measured.open,
    ]
    values["critical"] = try criticalChart(snapshot, at: now)
    values["problem"] = refused.map { RefusalText($0.problem) }
    var page = try WebPage("health", title: "Health", values: values, in: snapshot)
    page.path = "/health"
    page.news =
      "\(letters.isEmpty ? "No dead letters" : "Dead letters: \(counts[.dead] ?? 0)"), "
      + (stuck.isEmpty ? "no order is stuck." : "orders that are stuck: \(stuck.count).")
    return page
  }

  private func rates(_ snapshot: Snapshot, at now: Timestamp) throws -> [RateChart] {
    try OverlordRoom.lanes.map { stream in
      let counts = try snapshot.rates(of: stream, until: now.minute)
      let sum = counts.reduce(0, +)
      let last = counts.suffix(2).first ?? 0
      return RateChart(
        color: stream, title: stream.title,
        chart: BarChart(
          key: "rate-\(stream)", title: "Events of \(stream.title) in each minute",
          summary: sum == 0
            ? "No events in the last 30 minutes."
            : "\(sum) in 30 minutes, \(last) in the last whole minute, \(counts.max() ?? 0) at most.",
          values: counts.map(Double.init)))
    }
  }

  /// The critical times by minute; nil while no order came to its end.
  private func criticalChart(_ snapshot: Snapshot, at now: Timestamp) throws -> BarChart? {
    let times = try snapshot.criticalTimes(since: now - .seconds(Measured.minutes * 60))
    guard !times.isEmpty else { return nil }
    let byMinute = Dictionary(grouping: times) { $0.finalizedAt.minute }
      .mapValues { $0.map(\.duration).sorted() }
    let minutes = (now.minute - Measured.minutes + 1)...now.minute
    func seconds(_ pick: ([Duration]) -> Duration?) -> [Double] {
      minutes.map { (byMinute[$0].flatMap(pick) ?? .zero) / .seconds(1) }
    }
    let all = times.map(\.duration).sorted()
    return BarChart(
      key: "critical", title: "Critical time of orders by minute",
      summary: """
        \(all.count) orders: half of them took at most \(all.median.shown), the longest \
        \((all.last ?? .zero).shown).
        """, values: seconds(\.last), filled: seconds(\.median))
  }
}

extension [Duration] {
  /// The time that half of them took at most, of sorted ones.
  fileprivate var median: Duration { isEmpty ? .zero : self[(count - 1) / 2] }
}

// MARK: The content of the page

private struct RateChart {
  let color: String
  let title: String
  let chart: BarChart
}

private struct StuckRow {
  let row: EventRow
  let service: String
  let title: String
  let types: String

  init(_ order: StuckOrder) {
    row = EventRow(order.last)
    service = order.step.service
    title = order.step.service.title
    types = order.step.types.joined(separator: " or ")
  }
}

/// A form about a dead letter that was refused.
private struct RefusedLetter {
  let id: String
  let problem: Problem
  let typed: String?
}

private struct RefusalText {
  let detail: String
  let remedy: String

  init(_ problem: Problem) {
    detail = problem.detail
    remedy = problem.remedy
  }
}

/// Dead letters of one reason.
private struct LetterGroup {
  /// The most dead letters on the page.
  static let limit = 50

  let key: String
  let reason: String
  let count: Int
  let letters: [LetterRow]

  static func groups(of letters: [DeadLetter], refused: RefusedLetter?) -> [LetterGroup] {
    Dictionary(grouping: letters, by: \.reason)
      .sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }
      .compactMap { reason, letters in
        letters.first.map { first in
          LetterGroup(
            key: "\(first.id)", reason: reason.escapedForTerminal, count: letters.count,
            letters: letters.map { letter in
              LetterRow(letter, refused: refused?.id == "\(letter.id)" ? refused : nil)
            })
        }
      }
  }
}

private struct LetterRow {
  let id: Identifier
  let stream: String
  let streamTitle: String
  let sequence: UInt64
  let title: String
  let subject: Linked?
  let at: Timestamp
  let attempts: Int
  let holdsBack: Int?
  let lastAct: String?
  let data: String
  let isRefused: Bool
  let problem: RefusalText?

  init(_ letter: DeadLetter, refused: RefusedLetter?) {
    let topic = letter.record.topic
    id = letter.id
    stream = topic.stream
    streamTitle = topic.stream.title
    sequence = letter.record.header.sequence
    title = "\(topic.type) v\(topic.version)".escapedForTerminal
    subject = Linked(letter.subject)
    at = letter.at
    attempts = letter.attempts
    holdsBack = letter.holdsBack == 0 ? nil : letter.holdsBack
    lastAct = letter.actions.last.map { "\($0.act.rawValue): \($0.result)".escapedForTerminal }
    data = refused?.typed ?? JSONValue(letter.record.body)?["data"]?.shown ?? ""
    isRefused = refused?.typed != nil
    problem = refused.map { RefusalText($0.problem) }
  }
}
