import RoomTesting
import Schema
import Testing

@testable import Charlie

@Suite(.timeLimit(.minutes(1))) struct `The embedded gateway` {
  private let folder: TemporaryFolder
  private let gateway: EmbeddedGateway

  init() throws {
    folder = try TemporaryFolder()
    gateway = EmbeddedGateway(.file(folder.path + "/gateway.sqlite"))
  }

  private func request(_ product: String, key: String = "order:1") -> GatewayRequest {
    GatewayRequest(idempotencyKey: key, product: product, total: usd(100))
  }

  @Test(
    "it charges an order unless its product's name selects another behaviour",
    arguments: [
      "widget", "test-decline-", "test-slow-", "test-slow-x", "test-fail-", "test-fail-x",
      "test-fail-0", "a test-decline-x", "test-slow-0",
    ])
  func charges(product: String) async throws {
    #expect(try await gateway.charge(request(product)) == .charged)
  }

  @Test func `it declines with the code in the product's name`() async throws {
    guard
      case .declined(let code, let reason) = try await gateway.charge(
        request("test-decline-no-funds"))
    else {
      Issue.record("it was charged")
      return
    }
    #expect(code == "no-funds")
    #expect(reason.contains("no-funds"))
  }

  @Test func `it fails as often as the product's name asks, and then charges`() async throws {
    for attempt in 1...2 {
      let failure = await #expect(throws: GatewayFailure.self) {
        try await gateway.charge(request("test-fail-2"))
      }
      #expect(failure?.attempts == attempt)
    }
    #expect(try await gateway.charge(request("test-fail-2")) == .charged)
  }

  @Test func `of calls that share a commit, one that cannot be booked fails alone`() async throws {
    let charged = await withTaskGroup(of: Bool.self) { calls in
      for number in 1...64 {
        let product = number == 32 ? "a zero byte: \0" : "widget"
        calls.addTask { [self] in
          (try? await gateway.charge(request(product, key: "order:\(number)"))) == .charged
        }
      }
      return await calls.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(charged == 63)
    #expect(try gatewayBooks(in: folder).count == 63)
  }

  @Test func `one key is one charge with one answer, for any later request`() async throws {
    let declined = try await gateway.charge(request("test-decline-a"))
    for product in ["test-decline-a", "widget", "test-fail-9", "test-slow-60000"] {
      #expect(try await gateway.charge(request(product)) == declined)
    }
    #expect(try await gateway.charge(request("widget", key: "order:2")) == .charged)
    #expect(try await gateway.charge(request("test-decline-a", key: "order:2")) == .charged)
    #expect(try gatewayBooks(in: folder).map(\.key) == ["order:1", "order:2"])
  }

  @Test func `its books outlive it`() async throws {
    let first = try await gateway.charge(request("test-decline-a"))
    try gateway.close()
    let reopened = EmbeddedGateway(.file(folder.path + "/gateway.sqlite"))
    #expect(try await reopened.charge(request("test-decline-a")) == first)
    #expect(try gatewayBooks(in: folder) == [Booked(key: "order:1", attempts: 2)])
  }

  @Test func `a slow charge is made at once, and a caller that gave up finds it`() async throws {
    let call = Task { try await gateway.charge(request("test-slow-600000")) }
    while try gatewayBooks(in: folder).isEmpty { await Task.yield() }
    call.cancel()
    await #expect(throws: CancellationError.self) { try await call.value }
    #expect(try await gateway.charge(request("test-slow-600000")) == .charged)
  }
}
