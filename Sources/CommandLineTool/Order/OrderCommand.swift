import ArgumentParser
import Daemon
import Events
import Runtime
import Schema

/// `eventually order`: one order over HTTP, from the cart to its end.
struct OrderCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "order",
    abstract: "Order a product, and print the steps of the order.",
    usage: "eventually order <product> <price> [<options>]",
    discussion: """
      Opens a cart at Beta, takes the quote, checks out, and prints every step. With --approve it \
      approves the order at Alpha, and waits until the cart is open again. Without it, the command \
      prints how to approve the order, unless approvals are automatic.

      The exit code is 0 when the order was charged, or waits to be approved; 1 when it was \
      declined, rejected or refused; 69 when a service cannot be reached; 75 when it took too long.

      The product's name makes the payment gateway act: test-decline-CODE, \
      test-slow-MILLISECONDS, test-fail-TIMES.

      EXAMPLES
        eventually order widget 10.00 --approve
        eventually order test-decline-51 10.00 --approve --json
        eventually order widget 10.00 --approve --curl | sh
      """)

  @Argument(help: "The product's name.")
  var product: String

  @Argument(help: "The price, in the currency of the quote, for example 10.00.")
  var price: String

  @Flag(help: "Approve the order at Alpha.")
  var approve = false

  @Flag(help: "Print the same as curl lines for a shell, instead of doing it.")
  var curl = false

  @Flag(help: "Print each step as a JSON object on a line.")
  var json = false

  @Option(help: ArgumentHelp("The longest time to wait.", valueName: "seconds"))
  var timeout = 30.0

  @Option(
    help: ArgumentHelp("The port base that `up` was started with.", valueName: "port"))
  var portBase = Service.defaultPortBase

  @Option(help: ArgumentHelp("The address of Alpha, if it is not the default.", valueName: "url"))
  var alpha: ServiceAddress?

  @Option(help: ArgumentHelp("The address of Beta, if it is not the default.", valueName: "url"))
  var beta: ServiceAddress?

  func validate() throws {
    try validatePortBase(portBase)
    try validateTimeout(timeout)
    do {
      try PriceText(price).check()
    } catch {
      throw ValidationError("PRICE: \(error).")
    }
    if curl && json { throw ValidationError("--curl and --json do not go together.") }
  }

  func perform() async throws {
    let runtime = RuntimeContext.system
    let wish = OrderWish(
      product: product, price: PriceText(price), approves: approve,
      requestID: runtime.identifier().description)
    let alpha = try client(.alpha, address: self.alpha)
    let beta = try client(.beta, address: self.beta)
    let patience = Patience(.seconds(timeout), runtime.uptime)
    if curl {
      try await printScript(wish, alpha: alpha, beta: beta.within(patience))
    } else {
      let work = OrderWork(
        wish: wish, alpha: alpha, beta: beta, patience: patience,
        report: { [json] in Output.data.line(json ? $0.json : $0.text) })
      try await work.run()
    }
  }

  private func client(_ service: Service, address: ServiceAddress?) throws -> ServiceClient {
    guard let address = address ?? ServiceAddress(service.address(base: portBase)) else {
      throw Failure(.usage, "--\(service) is no address")
    }
    return ServiceClient(service: service, address: address)
  }

  /// The script names the currency, which only Beta knows.
  ///
  /// - Throws: 64, when the price is none in that currency.
  private func printScript(
    _ wish: OrderWish, alpha: ServiceClient, beta: ServiceClient
  ) async throws {
    var currency = Currency.usd
    do {
      currency = try await beta.currency() ?? currency
    } catch {
      Output.notes.line("eventually: \(error); the currency is taken to be \(currency)")
    }
    let script = CurlScript(
      wish: wish, price: try wish.money(in: currency), alpha: alpha.address, beta: beta.address)
    Output.data.line(try script.text)
  }
}

/// Refuses a time that is none.
func validateTimeout(_ seconds: Double) throws {
  guard seconds > 0, seconds <= 1_000_000 else {
    throw ValidationError("--timeout \(seconds): choose a number of seconds above 0.")
  }
}
