import FoundationEssentials
import NIOHTTP1
import Runtime

/// The client of one collector.
struct Collector: Sendable {
  /// How long a request may take.
  static let timeout = Duration.seconds(10)

  private let exchange: HTTPExchange
  private let path: String

  /// - Parameter address: an address that the configuration has accepted.
  init(_ address: String) {
    let url = URL(string: address)
    exchange = HTTPExchange(.host(url?.host() ?? "", port: url?.port ?? 80), limit: 64 << 10)
    path = url?.path ?? "/"
  }

  /// Sends a body, and waits for the whole response.
  func send(_ body: Data, within time: Duration = timeout) async throws -> HTTPExchange.Answer {
    do {
      return try await exchange.send(
        .POST, uri: path, headers: ["User-Agent": "eventually/\(systemVersion)"], body: body,
        within: time)
    } catch is HTTPExchange.TimeOver {
      throw CollectorFailure(reason: "no response within \(time / .seconds(1)) s")
    } catch let error as CancellationError {
      throw error
    } catch {
      throw CollectorFailure(reason: HTTPExchange.reason(error))
    }
  }
}

/// A collector that could not be asked, or did not answer.
struct CollectorFailure: Error, CustomStringConvertible {
  let reason: String

  var description: String { reason }
}
