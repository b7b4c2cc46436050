import ArgumentParser
import Daemon

/// `eventually new service`: the tutorial's package, under the name of another service.
struct NewServiceCommand: ServiceCommand {
  static let configuration = CommandConfiguration(
    commandName: "service",
    abstract: "Write a package with a service that builds, is tested and runs beside the four.",
    usage: "eventually new service <name> [<options>]",
    discussion: """
      The package is that of the tutorial “Add a service”: the service packs a parcel for each \
      charged order. Replace its events, tables, rules and pages by your own.

      The exit code is 0 when all files are written; 1 when one of them was there before or cannot \
      be written, and then none is left; 64 when NAME cannot be the name of a service.

      EXAMPLES
        eventually new service warehouse
        eventually new service warehouse --folder ~/services/warehouse
        eventually new service warehouse \\
          --eventually https://example.org/eventually.git
      """)

  @Argument(help: "The name of the service and of its stream: lower-case letters and digits.")
  var name: String

  @Option(help: "The folder of the package. (default: NAME)")
  var folder: String?

  @Option(
    help: "The folder or the URL of this repository. (default: the one that built this program)")
  var eventually: String?

  func validate() throws {
    if let problem = ServiceTemplate.problem(withName: name) {
      throw ValidationError("“\(name)” cannot be the name of a service: \(problem)")
    }
  }

  func perform() async throws {
    let place = Folders.ofThisProcess
    let library = try eventually.map { LibraryPlace($0, in: place) } ?? .ofThisProgram()
    let folder = absolute(folder ?? name, in: place.working)
    let files = ServiceTemplate(name: name, library: library).files
    try NewFiles(files, in: folder).write()
    for file in files { Output.data.line("\(folder)/\(file.path)") }
    Output.notes.line(
      """

      Next, in \(folder):
        swift build
        swift test
        .build/debug/\(name)d --run \(library.stateFolder)/run --state .eventually/\(name)
      """)
  }
}
