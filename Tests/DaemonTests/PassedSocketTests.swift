import Foundation
import Glibc
import Testing

@testable import Daemon

/// A socket that the supervisor has passed.
@Suite(.timeLimit(.minutes(1))) struct PassedSocketTests {
  @Test(
    arguments: [
      [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "1", "LISTEN_FDS": "2"],
      ["LISTEN_PID": "\(getpid())"], ["LISTEN_PID": "\(getpid())", "LISTEN_FDS": "0"],
    ])
  func `without one that is for this process, there is none`(environment: [String: String]) throws {
    #expect(try PassedSocket.passed(by: environment) == nil)
  }

  @Test(
    arguments: [
      ("2", "http:http", "2 descriptors"), ("1", "alphad.socket", "FileDescriptorName=http"),
    ])
  func `several, or one of another name, are refused`(count: String, names: String, says: String)
    throws
  {
    let error = #expect(throws: StartError.self) {
      try PassedSocket.passed(
        by: ["LISTEN_PID": "\(getpid())", "LISTEN_FDS": count, "LISTEN_FDNAMES": names])
    }
    #expect(error?.description.contains(says) == true)
    #expect(error.map { Ending($0).code } == 78)
  }

  @Test func `no child takes the variables for its own`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { setenv(name, "1", 1) }
      PassedSocket.removeVariables()
      let isFound = ProcessInfo.processInfo.environment.keys.contains { $0.hasPrefix("LISTEN_") }
      exit(isFound ? 1 : 7)
    }
  }

  @Test func `only a listening TCP socket is taken, and no child inherits it`() throws {
    func made(_ family: Int32, _ type: __socket_type, listens: Bool) -> Int32 {
      let file = socket(family, Int32(type.rawValue), 0)
      if listens { listen(file, 1) }
      return file
    }
    let listening = made(AF_INET, SOCK_STREAM, listens: true)
    let others = [
      made(AF_INET, SOCK_STREAM, listens: false), made(AF_INET, SOCK_DGRAM, listens: false),
      open("/dev/null", O_RDONLY), -1,
    ]
    defer { for file in [listening] + others { close(file) } }
    for file in others {
      let error = #expect(throws: StartError.self) { try PassedSocket(file) }
      #expect(error?.description.contains("not a listening TCP socket") == true)
    }
    #expect(fcntl(listening, F_GETFD) & FD_CLOEXEC == 0)
    let passed = try PassedSocket(listening)
    #expect(fcntl(listening, F_GETFD) & FD_CLOEXEC != 0)
    let copy = try passed.duplicate()
    #expect(fcntl(copy, F_GETFD) & FD_CLOEXEC != 0)
    close(copy)
    #expect(fcntl(listening, F_GETFD) >= 0, "its own descriptor stays")
  }
}
