import Events
import RoomTesting
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1))) struct OwnNamesTests {
  private let names = OwnNames(
    host: "192.0.2.7", names: ["orders.example", "other.example:8443"])
  private let peers = Peers(client: "192.0.2.1", address: "192.0.2.8", port: 3992)

  @Test(arguments: [
    "localhost", "LOCALHOST:1", "127.0.0.1:3992", "127.9.8.7", "[::1]:3992", "192.0.2.7",
    "192.0.2.8:3992", "orders.example", "Orders.Example.:443", "other.example:1",
  ])
  func `its own names are served, with any port`(authority: String) {
    #expect(names.admits(authority: authority, at: peers))
  }

  @Test(arguments: [
    "rebound.example:3992", "", ":3992", "orders.example.evil.example", "127.0.0.1.evil.example",
    "127.0.0.1@evil.example", "localhost:port", "localhost:3992:1", "[::1", "192.0.2.9",
    "localhost/", "0127.0.0.1", "127.0.0.256", "127.1", "ørders.example", "[::1]x",
  ])
  func `other names are not`(authority: String) {
    #expect(!names.admits(authority: authority, at: peers))
  }

  @Test(arguments: [
    "http://127.0.0.1:3992", "http://localhost:3992", "http://[::1]:3992",
    "http://192.0.2.8:3992", "https://orders.example", "http://orders.example",
    "http://orders.example:3992", "https://other.example:8443",
  ])
  func `pages of its own names may send commands`(origin: String) {
    #expect(names.admits(origin: origin, at: peers))
  }

  @Test(arguments: [
    "null", "x://127.0.0.1:3992", "http://127.0.0.1:3991", "http://127.0.0.1",
    "https://orders.example:8443", "https://other.example", "http://rebound.example:3992",
    "http://127.0.0.1:3992/", "HTTP://127.0.0.1:3992", "http://evil.example/localhost:3992", "",
  ])
  func `other pages may not`(origin: String) {
    #expect(!names.admits(origin: origin, at: peers))
  }
}

@Suite(.timeLimit(.minutes(1))) struct CommandRateTests {
  @Test func `a client has a bucket of five seconds, which fills with time`() {
    let clock = TestClock()
    let rates = CommandRates(
      limits: { .init(remote: 2) }, uptime: clock.runtime.uptime)
    let one = Peers(client: "192.0.2.1")
    let other = Peers(client: "192.0.2.2")
    for _ in 0..<10 { #expect(rates.take(for: one) == nil) }
    #expect(rates.take(for: one) == 1)
    #expect(rates.take(for: other) == nil, "another client has another bucket")
    #expect(rates.take(for: Peers(client: "127.0.0.1")) == nil, "this machine is not limited")
    clock.advance(microseconds: 86_400_000_000)
    #expect(rates.take(for: one) == nil)
  }
}
