import Courier
import Events
import Foundation
import HTTPTypes
import Journal
import ServiceLifecycle
import Testing

@testable import Daemon

@Suite("Common routes", .timeLimit(.minutes(1)))
struct CommonRouteTests {
  private func answer(
    _ target: String, _ subscriptions: [Subscription] = [], serving: ServingStatus? = nil
  ) throws -> Response {
    let desk = try Desk()
    let assembly = Assembly(
      journal: desk.assembly.journal, subscriptions: { subscriptions },
      services: serving.map { [Served(serving: $0)] } ?? [])
    return commonRoutes(assembly).response(to: desk.request(.get, target), from: assembly.journal)
  }

  private func subscription(
    _ state: Subscription.State, reason: String? = nil, isReady: Bool
  ) -> Subscription {
    Subscription(
      stream: "alpha", cursor: 3, head: 5, state: state, reason: reason, isReady: isReady)
  }

  /// In the place of a courier.
  private struct Served: Service, StreamServer {
    let serving: ServingStatus

    func run() async throws {}
    func answer() async {}
  }

  @Test("/openapi.json lists every route with its parameters and its body")
  func described() throws {
    let desk = try Desk()
    let routes = commonRoutes(desk.assembly) + desk.assembly.routes
    let document = try answer("/openapi.json").document
    #expect(document["openapi"]?.string == "3.1.0")
    let all = OpenAPIDocument(routes: routes).json(title: "things")
    for route in routes {
      let path = route.path.split(separator: "/").map { part in
        part.hasPrefix(":") ? "{\(part.dropFirst())}" : String(part)
      }
      let operation = all["paths"]?["/" + path.joined(separator: "/")]?[
        route.method.rawValue.lowercased()]
      #expect(operation?["operationId"] != nil, "\(route.method) \(route.path)")
      #expect((operation?["requestBody"] != nil) == (route.mediaType != nil))
    }
    #expect(document["paths"]?["/openapi.json"]?["get"] != nil)
  }

  @Test("/readyz names the stream that makes no progress, and why")
  func stalled() throws {
    let stalled = Subscription(
      stream: "alpha", cursor: 3, head: 5, state: .catchingUp, reason: "no progress for 30 s",
      isReady: false, isStalled: true)
    let answer = try answer("/readyz", [stalled])
    #expect(answer.status == .serviceUnavailable)
    #expect(
      try answer.document["reasons"] == .array([.string("alpha: no progress for 30 s")]))
  }

  @Test("/readyz names the place where the log is damaged, and /api/bus counts refused requests")
  func damaged() throws {
    var serving = ServingStatus()
    serving.damage = "the log is damaged at 4: run eventually verify delta"
    serving.refused = 3
    serving.dropped = 2
    let ready = try answer("/readyz", serving: serving)
    #expect(ready.status == .serviceUnavailable)
    #expect(try ready.document["reasons"] == .array([.string(serving.damage ?? "")]))
    let bus = try answer("/api/bus", serving: serving).document
    #expect(bus["refused"] == .integer(3))
    #expect(bus["dropped"] == .integer(2))
    #expect(try answer("/api/bus").document["refused"] == nil)
  }

  @Test("/healthz answers alive")
  func alive() throws {
    let answer = try answer("/healthz")
    #expect(answer.status == .ok)
    #expect(try answer.document["status"]?.string == "alive")
  }

  @Test("/readyz answers ready without an obstacle")
  func ready() throws {
    let answer = try answer("/readyz", [subscription(.live, isReady: true)])
    #expect(answer.status == .ok)
    #expect(try answer.document == .object(["status": .string("ready")]))
  }

  @Test("/readyz reads no file")
  func readsNothing() throws {
    let desk = try Desk()
    let journal = desk.assembly.journal
    try journal.close()
    #expect(!"\(Readiness(desk.assembly).now.reasons ?? [])".contains("cannot be read"))
  }

  @Test("/readyz shows publishers that are away, and is ready all the same")
  func away() throws {
    let answer = try answer("/readyz", [subscription(.away, isReady: true)])
    #expect(answer.status == .ok)
    #expect(try answer.document["away"] == .array([.string("alpha")]))
  }

  @Test(
    "/readyz is 503 with the reasons, and when to ask again",
    arguments: [
      (Subscription.State.connecting, nil, false, "alpha has sent no message yet"),
      (.catchingUp, nil, false, "alpha is catching up: 2 to go"),
      (.stopped, "diverged at 3", true, "alpha is stopped: diverged at 3"),
      (.away, "no beat", false, "alpha is not ready: no beat"),
    ] as [(Subscription.State, String?, Bool, String)])
  func notReady(
    state: Subscription.State, reason: String?, isReady: Bool, sentence: String
  ) throws {
    let answer = try answer("/readyz", [subscription(state, reason: reason, isReady: isReady)])
    #expect(answer.status == .serviceUnavailable)
    #expect(answer.headers[.retryAfter] == "1")
    #expect(try answer.document["status"]?.string == "not ready")
    #expect(try answer.document["reasons"] == .array([.string(sentence)]))
  }

  @Test("/api/bus has the stream, the subscriptions, the consumers and the dead letters")
  func bus() throws {
    let bus = try answer("/api/bus", [subscription(.stopped, reason: "why", isReady: false)])
      .document
    #expect(bus["stream"]?["name"]?.string == "delta")
    #expect(bus["stream"]?["epoch"]?.string?.count == 16)
    #expect(bus["stream"]?["head"] == .integer(0))
    #expect(bus["stream"]?["floor"] == .integer(1))
    #expect(
      bus["subscriptions"]
        == .array([
          .object([
            "stream": .string("alpha"), "cursor": .integer(0), "head": .integer(5),
            "lag": .integer(5), "state": .string("stopped"), "reason": .string("why"),
            "gaps": .integer(0), "recovered": .integer(0), "duplicates": .integer(0),
            "deadLetters": .integer(0), "unknown": .integer(0),
          ])
        ]))
    #expect(
      bus["consumers"]
        == .array([
          .object(["name": .string("overlord"), "cursor": .integer(0), "lag": .integer(0)])
        ]))
    #expect(bus["deadLetters"] == .integer(0))
  }
}
