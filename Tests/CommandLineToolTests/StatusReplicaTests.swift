import ArgumentParser
import Events
import Foundation
import Testing

@testable import CommandLineTool

@Suite("The status of replicas", .timeLimit(.minutes(1)))
struct StatusReplicaTests {
  private func answering(_ service: String, replica: String?) throws -> ServiceStatus {
    let bus = """
      {"stream":{"name":"\(service)","epoch":"00000000000000bb","head":4,"floor":1},
       "subscriptions":[],"consumers":[],"deadLetters":2,"replica":"\(replica ?? "a")",
       "roles":[{"role":"publish","replica":"b"}]}
      """
    var status = ServiceStatus(
      service, at: "http://127.0.0.1:4002",
      ready: try #require(JSONValue(Data(#"{"status":"ready"}"#.utf8))),
      bus: try #require(JSONValue(Data(bus.utf8))))
    status.replica = replica
    return status
  }

  private func away(_ service: String, replica: String?) -> ServiceStatus {
    var status = ServiceStatus(
      service, at: "http://127.0.0.1:3992",
      unreachable: "\(service) cannot be reached at http://127.0.0.1:3992: refused")
    status.replica = replica
    return status
  }

  @Test("With one of two replicas away the service is there, and an operator is required")
  func oneOfTwo() throws {
    let statuses = [away("beta", replica: "a"), try answering("beta", replica: "b")]
    let report = StatusReport(statuses: statuses)
    try expect(
      report.lines + ["", report.nagios.line, statuses[0].jsonLine], match: "status-replicas.txt")
    #expect(report.nagios.code == 1)
    let failure = StatusCommand.failure(of: statuses)
    #expect(failure?.status == .refused)
    #expect(failure?.description.hasPrefix("beta-a, beta-b: ") == true)
  }

  @Test("With both replicas away, or that of another service only, the service is away")
  func none() throws {
    let both = [away("beta", replica: "a"), away("beta", replica: "b")]
    let other = [away("beta", replica: "a"), try answering("alpha", replica: "b")]
    let two = [away("beta", replica: nil), try answering("beta", replica: nil)]
    for statuses in [both, other, two] {
      let failure = Failure(.unreachable, "beta cannot be reached")
      #expect(StatusCommand.failure(of: statuses) == failure)
      #expect(StatusReport(statuses: statuses).nagios.code == 2)
    }
  }

  @Test("What replicas report of their one journal is shown once, with a replica that answers")
  func needs() throws {
    let statuses = try ["a", "b"].map { try answering("beta", replica: $0) }
    #expect(
      StatusReport(statuses: statuses, options: "--beta http://one --beta http://two").needs == [
        """
        beta: 2 dead letters: eventually dead-letters list beta --beta http://127.0.0.1:4002
        """
      ])
  }

  @Test("Replicas are at the ports of up, or at each address of a repeated option")
  func addresses() throws {
    func clients(_ words: String..., replicas: Int) throws -> [String] {
      try AddressOptions.parse(words).clients(.beta, replicas: replicas).map {
        "\($0.replica ?? "-") \($0.address)"
      }
    }
    #expect(try clients(replicas: 1) == ["- http://127.0.0.1:3992"])
    #expect(
      try clients("--port-base", "4990", replicas: 2) == [
        "a http://127.0.0.1:4992", "b http://127.0.0.1:5002",
      ])
    #expect(try clients("--beta", "http://one", replicas: 2) == ["- http://one"])
    let two = ["--beta", "http://one", "--beta", "http://two"]
    let options = try AddressOptions.parse(two)
    #expect(
      options.clients(.beta, replicas: 1).map { "\($0.replica ?? "-") \($0.address)" } == [
        "? http://one", "? http://two",
      ])
    #expect(options.repeated == "--beta http://one --beta http://two")
    let failure = #expect(throws: Failure.self) { try options.client(.beta) }
    #expect(failure?.status == .usage)
    #expect(try options.client(.alpha).address.description == "http://127.0.0.1:3991")
  }
}
