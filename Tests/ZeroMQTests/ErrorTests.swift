import Foundation
import Glibc
import Testing
import ZeroMQ

@Suite("Errors", .timeLimit(.minutes(1)))
struct ErrorTests {
  @Test("Binding an address in use names it and the remedy")
  func addressInUse() async throws {
    try await withContext { context, _ in
      try await context.withPublisher(binding: ["tcp://127.0.0.1:*"]) { publisher in
        let endpoint = publisher.boundEndpoints[0]
        let failure = try await failure {
          try await context.withRouter(binding: [endpoint]) { _ in }
        }
        #expect(failure?.code == .addressInUse)
        #expect(failure?.operation == "bind")
        #expect(failure?.endpoint == endpoint)
        #expect(failure?.errno == EADDRINUSE)
        #expect(
          failure?.description == "cannot bind \(endpoint): Address already in use (errno 98); "
            + "stop the program that listens there, or choose another endpoint")
      }
    }
  }

  @Test("An endpoint bound before a failure is free again")
  func freesAfterFailure() async throws {
    try await withContext { context, folder in
      for _ in 0..<20 {
        let failure = try await failure {
          try await context.withPublisher(binding: [folder.ipc("a"), "nonsense"]) { _ in }
        }
        #expect(failure?.code == .invalidEndpoint)
      }
      try await context.withPublisher(binding: [folder.ipc("a")]) { publisher in
        try await context.withSubscriber(
          connectingTo: publisher.boundEndpoints, prefixes: ["a"]
        ) { _ in
          #expect(await take(1, of: publisher.changes) == [.subscribed(Data("a".utf8))])
        }
      }
    }
  }

  @Test("An ipc path of 107 bytes is bound, one of 108 is refused with the limit")
  func pathTooLong() async throws {
    try await withContext { context, folder in
      let longest = folder.ipc(String(repeating: "a", count: 106 - folder.path.utf8.count))
      try await context.withPublisher(binding: [longest]) {
        #expect($0.boundEndpoints == [longest])
      }
      let longer = longest + "a"
      let bind = try await failure { try await context.withRouter(binding: [longer]) { _ in } }
      #expect(bind?.code == .pathTooLong)
      #expect(
        bind?.description == "cannot bind \(longer): the path has 108 bytes, and a socket's path "
          + "has at most 107; choose a shorter directory")
      let connect = try await failure {
        try await context.withDealer(connectingTo: [longer]) { _ in }
      }
      #expect(connect?.code == .pathTooLong)
      #expect(connect?.operation == "connect to")
    }
  }

  @Test(
    "A malformed endpoint is refused with the forms that are right",
    arguments: ["", "nonsense", "foo://a", "tcp://127.0.0.1:99999", "tcp://127.0.0.1", "ipc://"])
  func malformed(endpoint: String) async throws {
    try await withContext { context, _ in
      let bind = try await failure { try await context.withRouter(binding: [endpoint]) { _ in } }
      #expect(bind?.code == .invalidEndpoint)
      let text = try #require(bind?.description)
      #expect(text.hasPrefix("cannot bind \(endpoint): "))
      #expect(text.hasSuffix("; write ipc://<path>, tcp://<address>:<port> or inproc://<name>"))
      let connect = try await failure {
        try await context.withSubscriber(connectingTo: [endpoint], prefixes: []) { _ in }
      }
      #expect(connect?.code == .invalidEndpoint)
    }
  }

  @Test("Binding in a missing directory is an error that names it")
  func noSuchDirectory() async throws {
    try await withContext { context, folder in
      let endpoint = folder.ipc("missing/a")
      let failure = try await failure {
        try await context.withPublisher(binding: [endpoint]) { _ in }
      }
      #expect(
        failure?.description == "cannot bind \(endpoint): the directory does not exist (errno 2); "
          + "make the directory, or choose another one")
    }
  }

  @Test(
    "Binding without the right to write is an error that names it", .enabled(if: geteuid() != 0))
  func permission() async throws {
    try await withContext { context, folder in
      #expect(chmod(folder.path, 0o500) == 0)
      let failure = try await failure {
        try await context.withPublisher(binding: [folder.ipc("a")]) { _ in }
      }
      #expect(failure?.code == .permission)
    }
  }

  @Test("Binding an address of another machine is an error that names it")
  func addressNotAvailable() async throws {
    try await withContext { context, _ in
      let failure = try await failure {
        try await context.withPublisher(binding: ["tcp://192.0.2.1:*"]) { _ in }
      }
      #expect(failure?.code == .addressNotAvailable)
    }
  }
}
