import Daemon
import Events
import Runtime

/// The dead letters of one service over HTTP.
struct DeadLetterDesk: Sendable {
  /// The service as it was named.
  let service: ServiceTarget
  let request: OperatorRequest

  init(_ service: ServiceTarget, at addresses: AddressOptions) async throws {
    self.service = service
    request = OperatorRequest(try await addresses.client(service))
  }

  /// Reads all of them, page by page.
  ///
  /// - Parameters:
  ///   - all: whether to include events that wait, are retried or are behind another one.
  ///   - receive: takes each, oldest first.
  func each(all: Bool, _ receive: (JSONValue) -> Void) async throws {
    var next: String? = ""
    while let after = next {
      let page = try await page(all: all, after: after)
      for letter in page.letters { receive(letter) }
      next = page.next
    }
  }

  /// A page, and the position after it; nil after the last.
  private func page(all: Bool, after: String) async throws -> (letters: [JSONValue], next: String?)
  {
    let rest = (all ? "&state=all" : "") + (after.isEmpty ? "" : "&after=\(after.inPath)")
    let page = try await request.get("/api/dead-letters?limit=500\(rest)")
    return (page["deadLetters"]?.items ?? [], page["next"]?.string)
  }

  /// The dead letters of a selection.
  func letters(_ selection: LetterSelection) async throws -> [LetterSummary] {
    var letters: [LetterSummary] = []
    var next: String? = ""
    while let after = next {
      let page = try await page(all: false, after: after)
      letters += page.letters.map(LetterSummary.init).filter(selection.includes)
      next = page.next
    }
    return letters
  }

  /// The dead letters of these ids; an unknown one has its id alone, and is refused by its action.
  func letters(_ ids: [String]) async throws -> [LetterSummary] {
    // Without others there is no order to find.
    guard ids.count > 1 else { return ids.map { LetterSummary(id: $0) } }
    var letters: [LetterSummary] = []
    for id in ids {
      do {
        letters.append(LetterSummary(try await letter(id)))
      } catch let failure as Failure where failure.status == .refused {
        letters.append(LetterSummary(id: id))
      }
    }
    return letters
  }

  func letter(_ id: String) async throws -> JSONValue {
    try await request.get("/api/dead-letters/\(id.inPath)")
  }

  /// Performs an action on a dead letter, once, however often it is sent.
  ///
  /// - Throws: ``Failure`` for a service that is away, or cannot act now.
  func act(_ name: String, on id: String, body: JSONValue? = nil) async throws -> ServiceAnswer {
    let answer = try await request.command("/api/dead-letters/\(id.inPath)/\(name)", body: body)
    if answer.status == 503 { _ = try OperatorRequest.document(of: answer, from: "\(service)") }
    return answer
  }

  /// The number of dead letters that the service has now.
  func count() async throws -> Int64 {
    try await request.get("/api/bus")["deadLetters"]?.whole ?? 0
  }
}
