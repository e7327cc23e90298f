// The engine alone, in memory: loading, ordering, planning. Run as `./dev bench engine`.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "engine/planner.hpp"
#include "engine/refresh.hpp"
#include "providers/null/provider.hpp"

namespace crosstie {
namespace {

namespace fs = std::filesystem;

std::string name_of(std::int64_t i) { return "item-" + std::to_string(i); }

/// A folder with `count` resources in chains of ten, made once for each size and removed at the
/// end.
class Folder {
 public:
  explicit Folder(std::int64_t count) {
    std::string pattern = (fs::temp_directory_path() / "crosstie-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
    std::ofstream file(path_ / "crosstie.yaml");
    file << "crosstie: 1\nresources:\n";
    for (std::int64_t i = 0; i < count; ++i) {
      file << "  " << name_of(i) << ":\n    type: null.resource\n    value: {name: " << name_of(i);
      if (i % 10 != 0) file << ", after: \"${resource." << name_of(i - 1) << ".value.name}\"";
      file << "}\n";
    }
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

const SchemaCatalog& catalog() {
  static const SchemaCatalog kCatalog = [] {
    SchemaCatalog made;
    made.add(null_schemas());
    return made;
  }();
  return kCatalog;
}

std::shared_ptr<const Configuration> load(const Folder& folder) {
  LoadOptions options;
  options.folder = folder.path();
  options.builtin_blueprint = [](const std::string&) { return std::optional<std::string>(); };
  Result<std::shared_ptr<const Configuration>> loaded = load_configuration(options, catalog());
  if (!loaded) throw std::runtime_error(format_diagnostics(loaded.failure()));
  return std::move(*loaded);
}

Task<void> keep(Task<Result<Plan>> task, std::optional<Result<Plan>>& out) {
  out.emplace(co_await std::move(task));
}

Plan plan(const std::shared_ptr<const Configuration>& configuration, const StateSnapshot& state) {
  const std::unique_ptr<Provider> provider = make_null_provider();
  Environment environment;
  environment.provider = [&provider](const std::string&) { return provider.get(); };
  Planner planner(configuration, state, catalog(), {}, environment.provider);
  if (!planner.prepare()) throw std::runtime_error("the benchmark's configuration has a cycle");
  std::optional<Result<Plan>> out;
  boost::asio::io_context io;
  boost::asio::co_spawn(io, keep(make_plan(planner, environment), out),
                        [](std::exception_ptr error) {
                          if (error) std::rethrow_exception(error);
                        });
  io.run();
  return std::move(**out);
}

/// The state after an apply of the plan.
StateSnapshot applied(const Plan& plan) {
  StateSnapshot state;
  for (const Change& change : plan.changes) {
    ResourceRecord record;
    record.address = change.address;
    record.type = change.type;
    record.connection = change.connection;
    record.desired = record.attributes = change.after;
    record.depends_on = change.depends_on;
    state.resources.push_back(std::move(record));
  }
  return state;
}

void sizes(benchmark::internal::Benchmark* one) {
  one->RangeMultiplier(10)
      ->Range(1'000, 100'000)
      ->Unit(benchmark::kMillisecond)
      ->Complexity(benchmark::oN);
}

void order(benchmark::State& state) {
  const Folder folder(state.range(0));
  const auto configuration = load(folder);
  for (auto _ : state) {
    std::vector<GraphInput> inputs;
    for (const ResourceConfig& one : configuration->resources())
      inputs.push_back({one.address, one.depends_on, one.references});
    benchmark::DoNotOptimize(Graph::build(std::move(inputs)));
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(order)->Apply(sizes);

void load_written_out(benchmark::State& state) {
  const Folder folder(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(load(folder));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(load_written_out)->Apply(sizes);

void first_plan(benchmark::State& state) {
  const Folder folder(state.range(0));
  const auto configuration = load(folder);
  for (auto _ : state) benchmark::DoNotOptimize(plan(configuration, {}));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(first_plan)->Apply(sizes);

void second_plan(benchmark::State& state) {
  const Folder folder(state.range(0));
  const auto configuration = load(folder);
  const StateSnapshot recorded = applied(plan(configuration, {}));
  for (auto _ : state) benchmark::DoNotOptimize(plan(configuration, recorded));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(second_plan)->Apply(sizes);

}  // namespace
}  // namespace crosstie

BENCHMARK_MAIN();
