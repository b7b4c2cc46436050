// The events that one request has caused, as a sequence diagram and as a list.

import Daemon
import Schema

extension OverlordPages {
  var traceRoutes: [Route] {
    [
      .query("/traces/:request") { request, snapshot in
        let text = request.parameters["request"] ?? ""
        let works = try EventSearch(text).map(snapshot.works) ?? []
        guard let first = works.first else {
          throw Problem.notFound(
            "not-found", detail: "Overlord has no event of \(text.quoted(upTo: 80)).",
            remedy: "Use a Request ID, an order's id, or the last 8 characters of one of them.")
        }
        guard works.count == 1 else {
          let values: [String: Any] = [
            "text": text.quoted(upTo: 80), "works": works.map(EventRow.init),
          ]
          var page = try WebPage(
            "works", title: "\(works.count.shown) traces", values: values, in: snapshot)
          page.news = "\(works.count.shown) traces, the newest with \(first.title)."
          return try look.html(page)
        }
        return try look.html(try trace(try snapshot.work(first.work), in: snapshot))
      }
    ]
  }

  private func trace(_ events: [SeenEvent], in snapshot: Snapshot) throws -> WebPage {
    let sorted = events.sorted { ($0.committedAt, $0.position) < ($1.committedAt, $1.position) }
    let isWhole = sorted.count < SeenEvent.workLimit
    let missing = OrderFlow.missing(
      in: isWhole ? sorted : [], type: \.type, subject: \.subject)
    let diagram = SequenceDiagram(Array(sorted.prefix(SequenceDiagram.limit)), missing: missing)
    let beginning = sorted[0].committedAt
    let took = (sorted.last ?? sorted[0]).committedAt.since(beginning).shown
    let state = missing.isEmpty ? "Nothing is missing." : "The next step is missing."
    let values: [String: Any] = [
      "diagram": diagram, "work": ShownIdentifier(sorted[0].work.escapedForTerminal),
      "count": sorted.count.shown,
      "isOne": sorted.count == 1, "took": took, "beganAt": beginning,
      "isCut": sorted.count > SequenceDiagram.limit, "limit": SequenceDiagram.limit,
      "steps": sorted.map { TraceStep($0, after: beginning) },
      "missing": missing.map(MissingStep.init), "isComplete": missing.isEmpty,
    ]
    var page = try WebPage(
      "trace", title: "Trace of \(sorted[0].gist.isEmpty ? sorted[0].title : sorted[0].gist)",
      values: values, in: snapshot)
    page.news = "\(sorted.last?.title ?? ""). \(state)"
    return page
  }
}

/// An event of a trace in words.
private struct TraceStep {
  let row: EventRow
  let offset: String
  let receivers: String?

  init(_ seen: SeenEvent, after beginning: Timestamp) {
    row = EventRow(seen)
    offset = "+" + seen.committedAt.since(beginning).shown
    let names = OverlordRoom.receivers[seen.type]?.map(\.title) ?? []
    receivers = names.isEmpty ? nil : names.joined(separator: " and ")
  }
}

private struct MissingStep {
  let position: Int64
  let service: String
  let title: String
  let types: String
  let since: Timestamp

  init(_ missing: OrderFlow.Missing<SeenEvent>) {
    position = missing.after.position
    service = missing.step.service
    title = missing.step.service.title
    types = missing.step.types.joined(separator: " or ")
    since = missing.after.committedAt
  }
}
