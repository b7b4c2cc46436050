import Daemon
import Events
import FoundationEssentials
import Runtime

/// The greeting when every service runs: the addresses of the pages, and commands to try.
struct Greeting: Sendable {
  let plan: UpPlan
  var log = UpLog()
  /// The program as the person called it.
  var program = CommandLine.arguments.first ?? "eventually"

  private static let patience = Duration.seconds(10)

  /// Prints the greeting when all four services are ready, and after 10 s in any case.
  func greetWhenReady(unless stop: Latch) async {
    let late = await withTaskGroup(of: String?.self) { services in
      for member in plan.members {
        services.addTask { await waitUntilReady(member, unless: stop) }
      }
      var late: [String] = []
      for await case let sentence? in services { late.append(sentence) }
      return late
    }
    guard !stop.isOpen else { return }
    for sentence in late.sorted() { log.report(.warning, sentence) }
    // Where the daemons' lines are data, nothing else is.
    let output = log.json == nil ? Output.streamedData : log.notes
    output.line("\n\(text(isReady: late.isEmpty))\n")
  }

  /// The greeting.
  ///
  /// - Parameter isReady: whether all four services are ready.
  func text(isReady: Bool) -> String {
    """
    \(isReady ? "All four services are ready." : "Not every service is ready yet, see above.")

    \(pages)

    Try, in another terminal:
      \(program) order widget 10.00 --approve\(ports)
    \(sniff)  \(program) status\(replicas)\(ports)\(kill)

    Ctrl-C stops all of them.
    """
  }

  private var pages: String {
    guard let replicas = plan.replicas, replicas.names.count > 1 else {
      return pages(of: plan.replicas?.names.first).joined(separator: "\n")
    }
    return replicas.names.flatMap { ["  Replica \($0)"] + pages(of: $0).map { "  " + $0 } }
      .joined(separator: "\n")
  }

  private func pages(of replica: String?) -> [String] {
    [
      ("The four pages       ", Service.overlord), ("Alpha, settings      ", .alpha),
      ("Beta, order form     ", .beta), ("Charlie, the ledger  ", .charlie),
    ].map { title, service in
      "  \(title)\(plan.address(of: UpMember(service, replica: replica)))/"
    }
  }

  /// The line that kills a replica, where another one goes on: its lock has the number of its process.
  private var kill: String {
    guard let replicas = plan.replicas, replicas.names.count > 1 else { return "" }
    let lock = "\(plan.folder(of: replicas.names[0]))/beta/lock".quotedForShell
    return "\n  kill -9 $(head -n 1 \(lock))"
  }

  /// The option by which `status` finds the replicas.
  private var replicas: String {
    guard let replicas = plan.replicas, replicas.names.count > 1 else { return "" }
    return " --replicas \(replicas.names.count)"
  }

  /// The events of replicas are on the sockets of several folders.
  private var sniff: String {
    plan.replicas == nil ? "  \(program) sniff --all\(state)\n" : ""
  }

  private var ports: String {
    plan.portBase == Service.defaultPortBase ? "" : " --port-base \(plan.portBase)"
  }

  /// Present only where `sniff`, called from the same folder, would look elsewhere.
  private var state: String {
    plan.programs.folders.run(nil) == plan.run ? "" : " --state \(plan.state.quotedForShell)"
  }

  /// - Returns: why it is not ready after all; nil when it is.
  private func waitUntilReady(_ member: UpMember, unless stop: Latch) async -> String? {
    guard let address = ServiceAddress(plan.address(of: member)) else { return nil }
    let client = ServiceClient(service: member.service, address: address, timeout: .seconds(2))
    let clock = RuntimeContext.system.uptime
    let limit = clock() + Self.patience
    while !stop.isOpen {
      guard let obstacle = await obstacle(client) else { return nil }
      guard clock() < limit else { return "\(member) is not ready yet: \(obstacle)" }
      await stop.wait(atMost: .milliseconds(100))
    }
    return nil
  }

  private func obstacle(_ client: ServiceClient) async -> String? {
    do {
      let answer = try await client.get("/readyz")
      guard answer.status != 200 else { return nil }
      let report = try? Report(json: answer.body)
      return report?.reasons?.joined(separator: "; ") ?? "status \(answer.status)"
    } catch {
      return "\(error)"
    }
  }

  private struct Report: Decodable {
    let reasons: [String]?
  }
}
