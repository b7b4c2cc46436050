import ArgumentParser
import Glibc
import Testing

@testable import CommandLineTool

@Suite("A silent service", .timeLimit(.minutes(1)))
struct ServiceClientTests {
  @Test("A question waits no longer than the patience that is left")
  func bound() throws {
    let address = try #require(ServiceAddress("http://127.0.0.1:3992"))
    let client = ServiceClient(service: .beta, address: address)
    let short = Patience(.milliseconds(200)) { .zero }
    let long = Patience(.seconds(60)) { .zero }
    #expect(client.within(short).timeout == .milliseconds(200))
    #expect(client.within(long).timeout == client.timeout)
  }

  @Test("An order ends with exit code 75 when its time is over")
  func silent() async throws {
    let (service, port) = try listen()
    defer { close(service) }
    let line = ["order", "widget", "10.00", "--timeout", "0.2", "--port-base", "\(port - 2)"]
    let order = try #require(try Eventually.parseAsRoot(line) as? OrderCommand)
    let failure = await #expect(throws: Failure.self) { try await order.perform() }
    #expect(failure?.status == .timedOut)
    #expect(failure?.description.contains("beta did not answer in time") == true)
  }

  @Test("A price that is none in the quote's currency is refused, for curl lines too")
  func price() async throws {
    // No process listens on these ports: the currency is assumed to be the US dollar.
    let line = ["order", "widget", "10.001", "--curl", "--port-base", "0"]
    let order = try #require(try Eventually.parseAsRoot(line) as? OrderCommand)
    let failure = await #expect(throws: Failure.self) { try await order.perform() }
    #expect(failure?.status == .usage)
    #expect(failure?.description.hasPrefix("PRICE: ") == true)
  }

  /// A socket whose connections the kernel accepts, without a process that accepts them.
  private func listen() throws -> (file: Int32, port: Int) {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(file, address, size) + Glibc.listen(file, 8) + getsockname(file, address, &size)
      }
    }
    try #require(result == 0)
    return (file, Int(in_port_t(bigEndian: address.sin_port)))
  }
}
