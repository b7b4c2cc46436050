import Testing

@testable import CommandLineTool

@Suite("The daemons that up starts", .timeLimit(.minutes(2)))
struct UpPlanTests {
  @Test("Each daemon gets its state, the sockets' folder and its port")
  func arguments() {
    #expect(
      plan(portBase: 4000).arguments(UpMember(.beta)) == [
        "--state", "/home/ada/.eventually/beta", "--run", "/home/ada/.eventually/run",
        "--beta-http-port", "4002",
      ])
  }

  @Test("Overlord gets the addresses of the other pages")
  func pages() {
    #expect(
      plan().arguments(UpMember(.overlord)).suffix(6) == [
        "--overlord-pages-alpha", "http://127.0.0.1:3991",
        "--overlord-pages-beta", "http://127.0.0.1:3992",
        "--overlord-pages-charlie", "http://127.0.0.1:3993",
      ])
  }

  @Test("Alpha gets the address of Overlord's pages, at the same ports")
  func pagesOfOverlord() {
    #expect(
      plan(portBase: 4000).arguments(UpMember(.alpha)).suffix(2) == [
        "--alpha-pages-overlord", "http://127.0.0.1:4004",
      ])
  }

  @Test("The configuration file is the working directory's, else that of an installation")
  func configuration() {
    let installed = ["/usr/local/etc/eventually/alpha.yaml", "/etc/eventually/alpha.yaml"]
    let here = "/home/ada/config/alpha.yaml"
    #expect(plan(in: folders(Set(installed + [here]))).config == here)
    #expect(plan(in: folders(Set(installed))).config == installed[0])
    #expect(plan(in: folders([installed[1]])).config == installed[1])
    #expect(plan().config == nil)
  }

  @Test("A socket's path may have 107 bytes, and the error names one that has more")
  func paths() throws {
    let longest = "/" + String(repeating: "s", count: 107 - "//run/overlord.events".utf8.count)
    try plan(state: longest).checkSockets()
    let error = #expect(throws: Failure.self) { try plan(state: longest + "s").checkSockets() }
    #expect(error?.status == .configuration)
    let sentence = "the socket \(longest)s/run/overlord.events has a path of 108 bytes"
    #expect(error?.description.hasPrefix(sentence) == true)
  }

  @Test("Missing programs are named")
  func programs() {
    let some = folders(["/usr/local/bin/alphad", "/usr/local/bin/charlied"])
    let error = #expect(throws: Failure.self) { try plan(in: some).programs.checkDaemons() }
    #expect(error?.status == .configuration)
    #expect(
      error?.description.hasPrefix("there is no /usr/local/bin/betad, no /usr/local/bin/overlordd.")
        == true)
  }

  @Test("The greeting names the pages and the lines to try, with what is not as usual")
  func greeting() {
    let here = folders(["/home/ada/.eventually/run"])
    let usual = Greeting(plan: plan(in: here), program: ".build/debug/eventually")
      .text(isReady: true)
    #expect(
      usual == """
        All four services are ready.

          The four pages       http://127.0.0.1:3994/
          Alpha, settings      http://127.0.0.1:3991/
          Beta, order form     http://127.0.0.1:3992/
          Charlie, the ledger  http://127.0.0.1:3993/

        Try, in another terminal:
          .build/debug/eventually order widget 10.00 --approve
          .build/debug/eventually sniff --all
          .build/debug/eventually status

        Ctrl-C stops all of them.
        """)
    let other = Greeting(
      plan: plan(state: "/tmp/a b", portBase: 4000, in: here), program: "eventually"
    ).text(isReady: false)
    #expect(other.hasPrefix("Not every service is ready yet, see above.\n"))
    #expect(
      other.hasSuffix(
        """

          eventually order widget 10.00 --approve --port-base 4000
          eventually sniff --all --state '/tmp/a b'
          eventually status --port-base 4000

        Ctrl-C stops all of them.
        """))
  }

  @Test("Two replicas have folders, ports and pages of their own, and follow both of a stream")
  func replicas() throws {
    let plan = plan(
      state: "/tmp/a b", replicas: UpReplicas(count: 2, server: "postgresql://postgres@db.example"))
    try expect(
      plan.members.flatMap { ["\($0)"] + plan.arguments($0).map { "  " + $0 } }
        + [Greeting(plan: plan, program: "eventually").text(isReady: true)],
      match: "up-replicas.txt")
    let one = UpReplicas(count: 1, server: "postgresql://postgres@db.example")
    let alone = Greeting(plan: CommandLineToolTests.plan(replicas: one), program: "eventually")
      .text(isReady: true)
    #expect(!alone.contains("kill"), "no other replica goes on")
    #expect(!alone.contains("--replicas"))
  }

  @Test("The sockets' folder is the one named, else the state's, the environment's, the local one")
  func runFolder() {
    let local = folders(["/home/ada/.eventually/run"])
    let set = folders(["/home/ada/.eventually/run"], environment: ["EVENTUALLY_RUN": "r"])
    #expect(set.run("/tmp/x", state: nil) == "/tmp/x")
    #expect(set.run(nil, state: "./s/") == "/home/ada/s/run")
    #expect(set.run(nil) == "/home/ada/r")
    #expect(local.run(nil) == "/home/ada/.eventually/run")
    #expect(folders().run(nil) == "/run/eventually")
  }
}

extension UpPlan {
  fileprivate var config: String? {
    let arguments = arguments(UpMember(.alpha))
    guard let flag = arguments.firstIndex(of: "--config") else { return nil }
    return arguments[flag + 1]
  }
}
