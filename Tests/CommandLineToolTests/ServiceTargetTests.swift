import ArgumentParser
import Foundation
import Testing

@testable import CommandLineTool

@Suite("Services of other teams", .timeLimit(.minutes(1)))
struct ServiceTargetTests {
  @Test("A service is one of the four, or any by its address")
  func targets() async throws {
    #expect(ServiceTarget(argument: "beta") == .named(.beta))
    #expect(ServiceTarget(argument: "http://delta:1/")?.description == "http://delta:1")
    #expect(ServiceTarget(argument: "delta") == nil)
    let words = ["dead-letters", "http://127.0.0.1:4005", "alpha"]
    let list = try #require(try Eventually.parseAsRoot(words) as? DeadLettersCommand.List)
    #expect(list.services.map(\.description) == ["http://127.0.0.1:4005", "alpha"])
    let client = try await list.addresses.client(list.services[0])
    #expect(client.addressOption == nil)
    let away = Unreachable(service: client.service, address: client.address, reason: "refused")
    #expect(away.description == "http://127.0.0.1:4005 cannot be reached: refused")
  }

  @Test(
    "A path is a run directory and a name", arguments: ["run/delta", "/run/x/delta", "./delta"])
  func running(path: String) {
    #expect(ServiceTarget(argument: path)?.description == path)
    #expect(RunningService(path)?.name == "delta")
  }

  @Test(
    "What is no name, no address and no path is refused",
    arguments: ["delta", "https://delta", "run/Delta", "run/", "/", "ftp://a/delta"])
  func noTarget(text: String) {
    #expect(ServiceTarget(argument: text) == nil)
  }

  @Test("A service that does not run is exit code 69, with the file that is missing")
  func notRunning() throws {
    let target = try #require(RunningService("/nonexistent/delta"))
    let failure = #expect(throws: Failure.self) { try target.address() }
    #expect(failure?.status == .unreachable)
    #expect(failure?.description.contains("/nonexistent/delta.lock") == true)
  }

  @Test("A process that does not hold the lock is not the service, though its number is there")
  func notTheHolder() throws {
    let folder = NSTemporaryDirectory() + "/run-\(UUID())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let number = "\(ProcessInfo.processInfo.processIdentifier)"
    let path = folder + "/delta"
    try Data("\(number)\n".utf8).write(to: URL(filePath: path + ".lock"))
    let target = try #require(RunningService(path))
    func refusal() throws -> String {
      let failure = try #require(#expect(throws: Failure.self) { try target.address() })
      #expect(failure.status == .unreachable)
      return failure.description
    }
    #expect(try refusal().contains("process \(number) does not hold \(path).lock"))
    // While this process has the file open, it is taken for the service, which has no port.
    let file = try #require(FileHandle(forReadingAtPath: path + ".lock"))
    let found = Result { try target.address() }
    try file.close()
    if case .failure(let failure) = found {
      #expect(!"\(failure)".contains("does not hold"), "\(failure)")
    }
  }

  @Test("The listening sockets of a process are found in the kernel's table")
  func listening() {
    let table = """
        sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
         0: 0100007F:0F97 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 71 1 0 100
         1: 0100007F:0F98 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 72 1 0 100
         2: 0100007F:0F97 0100007F:C350 01 00000000:00000000 00:00000000 00000000  0 0 73 1 0 100
         3: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 74 1 0 100
         4: 00000000000000000000000001000000:1F90 0:0 0A 0:0 00:0 0  0 0 75 1 0 100
         5: 0201A8C0:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 76 1 0 100
      """.split(separator: "\n")
    func addresses(_ sockets: Int...) -> [String?] {
      ListeningSocket.all(in: table, of: Set(sockets.map { "socket:[\($0)]" }))
        .map { $0.address?.description }
    }
    #expect(addresses(71, 73) == ["http://127.0.0.1:3991"])
    #expect(
      addresses(74, 75, 76)
        == ["http://127.0.0.1:80", "http://[::1]:8080", "http://192.168.1.2:81"])
    #expect(addresses(7) == [])
  }

  @Test("The status of another team's service names it in commands by its address")
  func statusOfAnother() throws {
    let status = ServiceStatus(
      "delta", at: "http://127.0.0.1:4005",
      ready: try json(
        #"{"status":"not ready","reasons":["stopped: eventually follow reset delta alpha"]}"#),
      bus: try json(
        """
        {"stream":{"name":"delta","epoch":"00000000000000aa","head":1,"floor":1},
         "subscriptions":[],"consumers":[],"deadLetters":2}
        """))
    #expect(
      StatusReport(statuses: [status]).needs == [
        "delta: stopped: eventually follow reset http://127.0.0.1:4005 alpha",
        "delta: 2 dead letters: eventually dead-letters list http://127.0.0.1:4005",
      ])
  }

  @Test(
    "An operator's command looks for the socket of the service in the run directory",
    arguments: [
      ("follow reset alpha beta --run /nonexistent", "/nonexistent/alpha.operator"),
      ("follow remove /nonexistent/delta beta", "/nonexistent/delta.operator"),
      ("follow reset alpha beta --state /nonexistent", "/nonexistent/run/alpha.operator"),
    ])
  func noOperatorSocket(line: String, path: String) async throws {
    let words = line.split(separator: " ").map(String.init)
    let command = try #require(try Eventually.parseAsRoot(words) as? any ServiceCommand)
    let failure = await #expect(throws: Failure.self) { try await command.perform() }
    #expect(failure?.status == .unreachable)
    #expect(failure?.description.contains("there is no socket \(path), ") == true)
    #expect(failure?.description.contains("--run DIR") == true)
  }
}
