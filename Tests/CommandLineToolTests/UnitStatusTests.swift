import Testing

@testable import CommandLineTool

@Suite("A service that is away", .timeLimit(.minutes(1)))
struct UnitStatusTests {
  private func hint(
    _ service: String, at address: String, installed: Bool = true,
    environment: [String: String] = [:]
  ) throws -> String? {
    let folders = Folders(working: "/home/ada", environment: environment) {
      $0 == "/run/eventually" && installed
    }
    return folders.unitStatus(
      of: ServiceClient(service: service, address: try #require(ServiceAddress(address))))
  }

  @Test
  func `an installed system names the unit of a service of this machine`() throws {
    let here = "http://127.0.0.1:3991"
    #expect(try hint("alpha", at: here) == "systemctl status alphad")
    #expect(try hint("alpha", at: here, installed: false) == nil)
    #expect(try hint("alpha", at: here, environment: ["EVENTUALLY_RUN": "/tmp/run"]) == nil)
    #expect(try hint("alpha", at: "http://alpha.example:3991") == nil)
    #expect(try hint("http://127.0.0.1:4005", at: "http://127.0.0.1:4005") == nil)
  }

  @Test
  func `a word of a command is quoted where a shell would read it otherwise`() {
    #expect("ipc:///run/a_b.events".asShellWord == "ipc:///run/a_b.events")
    #expect("a b".asShellWord == "'a b'")
    #expect("".asShellWord == "''")
  }
}
