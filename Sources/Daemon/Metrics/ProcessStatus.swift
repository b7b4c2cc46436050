import Glibc

/// The use of the machine by this process, as the kernel counts it; a part that cannot be read is
/// absent.
struct ProcessStatus: Hashable, Sendable {
  var cpuSeconds: Double?
  var residentBytes: Double?
  var virtualBytes: Double?
  /// Since 1970.
  var startSeconds: Double?
  var openDescriptors: Double?
  var maxDescriptors: Double?

  /// Of this process, now.
  static var present: ProcessStatus {
    var status = ProcessStatus(
      stat: text(of: "/proc/self/stat") ?? "", machine: text(of: "/proc/stat") ?? "",
      ticks: Double(sysconf(Int32(_SC_CLK_TCK))), page: Double(sysconf(Int32(_SC_PAGESIZE))))
    status.openDescriptors = descriptorCount.map(Double.init)
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      status.maxDescriptors = Double(limit.rlim_cur)
    }
    return status
  }

  /// Read from the kernel's texts.
  ///
  /// - Parameters:
  ///   - stat: the text of `/proc/self/stat`.
  ///   - machine: the text of `/proc/stat`, which has the time at which the machine started.
  ///   - ticks: the number of the kernel's ticks in a second.
  ///   - page: the bytes of a page.
  init(stat: String, machine: String, ticks: Double, page: Double) {
    // The name of the program, in parentheses, may have spaces and parentheses of its own.
    let rest = stat.lastIndex(of: ")").map { stat[stat.index(after: $0)...] } ?? ""
    let fields = rest.split(separator: " ")
    // The fields are numbered as in proc(5), where the state, the first of these, is 3.
    func field(_ number: Int) -> Double? {
      fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil
    }
    if let user = field(14), let system = field(15) { cpuSeconds = (user + system) / ticks }
    virtualBytes = field(23)
    residentBytes = field(24).map { $0 * page }
    let boot = machine.split(separator: "\n").first { $0.hasPrefix("btime ") }
      .flatMap { Double($0.dropFirst("btime ".count)) }
    if let boot, let start = field(22) { startSeconds = boot + start / ticks }
  }

  private static var descriptorCount: Int? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Without "." and "..", and the folder itself.
    return max(0, count - 3)
  }

  private static func text(of path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(file, &piece, piece.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += piece.prefix(count)
    }
  }
}

extension ProcessStatus {
  /// The metrics of the process, by Prometheus' own names.
  var families: [MetricFamily] {
    [
      MetricFamily(CommonMetrics.cpu, value: cpuSeconds),
      MetricFamily(CommonMetrics.residentMemory, value: residentBytes),
      MetricFamily(CommonMetrics.virtualMemory, value: virtualBytes),
      MetricFamily(CommonMetrics.startTime, value: startSeconds),
      MetricFamily(CommonMetrics.openDescriptors, value: openDescriptors),
      MetricFamily(CommonMetrics.maxDescriptors, value: maxDescriptors),
    ]
  }
}
