import Glibc
import Testing

extension Stories {
  /// A graceful end within ten seconds, which loses nothing.
  @Suite("Shutdown", .serialized, .timeLimit(.minutes(1)))
  struct Shutdown {
    @Test(arguments: [SIGTERM, SIGINT])
    func `A request that is under way is answered, and its effect stays`(signal: Int32)
      async throws
    {
      try await withDeployment { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let cart = try await deployment.openCart()
        let beta = deployment[.beta]
        let connection = try RawConnection(to: try await beta.http)
        let form = Form(cart)
        // The answer to the first request shows that the head of the second has arrived with it.
        connection.send(
          "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + form.head + form.body.0)
        let alive = await connection.receive(upTo: "}")
        try #require(alive.hasPrefix("HTTP/1.1 200"), "\(alive)")

        let began = ContinuousClock.now
        beta.child.signal(signal)
        try await beta.logged("stopping")
        connection.send(form.body.1)
        let answer = await connection.receive(upTo: "}")
        #expect(answer.hasPrefix("HTTP/1.1 202"), "\(answer)")
        let ending = try await beta.child.ending()
        #expect(ending == .exited(0))
        #expect(ContinuousClock.now - began < .seconds(10))

        try await deployment.start(.beta)
        let inFlight = try await deployment.betaCart(cart)
        #expect(inFlight["state"] == "inFlight")
        let order = Order(
          id: inFlight["orderId"].text, cart: cart, price: 1000, requestID: form.requestID)
        #expect(answer.contains(order.id))
        try await deployment.approve(order)
        try await deployment.finished(order)
        try await deployment.check([(order, .charged)])
      }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `A client that never ends its request does not hold a daemon for ten seconds`(
      signal: Int32
    ) async throws {
      try await withDeployment { deployment in
        try await deployment.start(all: [.alpha, .beta])
        let cart = try await deployment.openCart()
        let beta = deployment[.beta]
        let connection = try RawConnection(to: try await beta.http)
        let form = Form(cart)
        connection.send(
          "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + form.head + form.body.0)
        _ = await connection.receive(upTo: "}")

        let began = ContinuousClock.now
        try await deployment.stop(.beta, by: signal)
        // Less than the eight seconds in which every shutdown ends.
        #expect(ContinuousClock.now - began < .seconds(5))
        #expect(await connection.receive(upTo: "}").hasPrefix("HTTP/1.1 503 "))
        try await deployment.start(.beta)
        #expect(try await deployment.betaCart(cart)["state"] == "open", "nothing was ordered")
      }
    }

    @Test
    func `A request that waits for a locked journal is answered when the time to stop is over`()
      async throws
    {
      try await withDeployment { deployment in
        let alpha = try await deployment.start(.alpha)
        let other = try await Stranger(deployment.journal(.alpha), "BEGIN IMMEDIATE")
        let connection = try RawConnection(to: try await alpha.http)
        let body =
          #"{"currency":"USD","fee":{"enabled":true,"amount":1},"#
          + #""discount":{"enabled":false,"amount":1}}"#
        connection.send(
          """
          PUT /api/settings HTTP/1.1\r\nHost: localhost\r\nIf-Match: "1000"\r
          Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
          """)
        try await alpha.logged("that it waits") { $0.message.contains(other.name) }
        #expect(try await alpha.terminate() == .exited(0))
        let answer = try await connection.receiveAll()
        #expect(answer.hasPrefix("HTTP/1.1 503 "), "\(answer)")
        #expect(answer.contains("urn:eventually:problem:given-up"), "\(answer)")
        try await other.end()
        try await deployment.start(.alpha)
        let settings = try await deployment.http(.alpha).get("/api/settings").json
        #expect(settings["version"] == 1000, "nothing was committed")
      }
    }

    @Test
    func `Charlie ends cleanly during any work, again and again`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        var orders: [Order] = []
        for _ in 1...5 {
          for price in 1...6 { orders.append(try await deployment.order(price: Int64(price))) }
          try await deployment.stop(.charlie)
          try await deployment.start(.charlie)
        }
        for order in orders { try await deployment.finished(order) }
        try await deployment.check(orders.map { ($0, .charged) })
      }
    }

    @Test(
      .enabled(if: threadsSayWhereTheyWait, "this kernel does not say what a thread waits for"),
      arguments: ServiceName.allCases)
    func `A daemon that is asked to stop in the middle of a read of its journal ends cleanly`(
      service: ServiceName
    ) async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        try await deployment.finished(try await deployment.order())
        let daemon = deployment[service]
        let asking = try RawConnection(to: try await daemon.http)
        let readers = try HeldReaders(deployment.stateFolder(service))
        // One read for a client, and those that the daemon makes by itself a few times a second.
        asking.send("GET /api/bus HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try await daemon.isHeldUpInARead()
        daemon.child.signal(SIGTERM)
        try await daemon.logged("stopping")
        #expect(!asking.hasMore, "the read is held up")
        readers.release()
        #expect(try await daemon.child.ending() == .exited(0), "\(daemon.lines.suffix(5))")

        try await deployment.start(service)
        try await deployment.quiet()
        #expect(await asking.receive(upTo: "}").hasPrefix("HTTP/1.1 "), "it was answered")
      }
    }

    @Test
    func `All end cleanly while orders are under way, and go on where they were`() async throws {
      try await withDeployment(environment: .automatic) { deployment in
        try await deployment.start(all: ServiceName.allCases)
        let books = try GatewayBooks(deployment)
        let slow = try await deployment.order("test-slow-60000")
        try await books.hasCharged(slow)
        var orders = [slow]
        for price in 1...8 { orders.append(try await deployment.order(price: Int64(price) * 10)) }
        let began = ContinuousClock.now
        for service in ServiceName.allCases { deployment[service].child.signal(SIGTERM) }
        for service in ServiceName.allCases {
          let ending = try await deployment[service].child.ending()
          #expect(ending == .exited(0), "\(service)")
        }
        #expect(ContinuousClock.now - began < .seconds(10))

        try await deployment.start(all: ServiceName.allCases)
        for order in orders { try await deployment.finished(order) }
        #expect(try books.charges().count == orders.count)
        try await deployment.check(orders.map { ($0, .charged) })
      }
    }
  }
}

/// Holds up every new reader of a journal, as a slow disk would.
///
/// A reader of a write-ahead log takes one of five marks, a byte in the shared index, and tries for
/// ten seconds while all are taken.
private final class HeldReaders: Sendable {
  private let file: Int32

  init(_ folder: String) throws {
    file = open(folder + "/journal.sqlite-shm", O_RDWR | O_CLOEXEC)
    var marks = flock()
    marks.l_type = Int16(F_WRLCK)
    marks.l_start = 123
    marks.l_len = 5
    guard fcntl(file, F_SETLKW, &marks) == 0 else { throw SystemFailure(folder, errno) }
  }

  /// Lets them go on.
  func release() {
    var marks = flock()
    marks.l_type = Int16(F_UNLCK)
    marks.l_start = 123
    marks.l_len = 5
    _ = fcntl(file, F_SETLK, &marks)
  }

  deinit {
    close(file)
  }
}

/// A checkout as bytes, whose body comes in two halves.
private struct Form {
  let requestID = "sent-in-two-halves"
  let head: String
  let body: (String, String)

  init(_ cart: Cart) {
    let text =
      #"{"quoteId":"\#(cart.quote.id)","product":"widget","#
      + #""price":{"amount":1000,"currency":"USD"}}"#
    head = """
      POST /api/carts/\(cart.id)/checkout HTTP/1.1\r
      Host: localhost\r
      Content-Type: application/json\r
      Content-Length: \(text.utf8.count)\r
      X-Request-ID: sent-in-two-halves\r
      \r

      """
    body = (String(text.prefix(20)), String(text.dropFirst(20)))
  }
}
