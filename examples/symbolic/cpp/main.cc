// Draws a function and its derivative through services in five languages:
//
//   symbolic "sin(x)*exp(-x^2/8)" --from -6 --to 6 -o plot.png --directory DIR
//
// Exit codes: 0 done, 1 a call failed, 2 the command line or the expression is wrong.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "options.h"
#include "report.h"
#include "services.h"
#include "symbolic.polycall.h"

namespace {

namespace v1 = symbolic::v1;
using std::chrono::steady_clock;

constexpr int kChecks = 9;
constexpr uint32_t kDigits = 40;

struct BadExpression {
  uint32_t position;
  std::string message;
};

class Symbolic {
 public:
  Symbolic(const Options& options, Services& services, std::vector<CallRecord>& calls)
      : options_(options), services_(services), calls_(calls) {}

  void Run() {
    const v1::Expression function = Parse();
    const v1::Derivative derivative = Differentiate(function);
    std::vector<std::pair<double, double>> function_points;
    std::vector<std::pair<double, double>> derivative_points;
    polycall::Writer<v1::DrawRequest, v1::Picture> picture =
        v1::Drawer::Client(services_.drawer.channel).Draw();
    const auto draw_start = steady_clock::now();
    v1::DrawRequest request;
    v1::Canvas& canvas = *request.mutable_canvas();
    canvas.set_from(options_.from);
    canvas.set_to(options_.to);
    canvas.set_title(options_.expression);
    canvas.set_format(options_.output.ends_with(".svg") ? v1::FORMAT_SVG : v1::FORMAT_PNG);
    picture.Write(request);
    Evaluate("f(x) = " + options_.expression, function, picture, &function_points);
    Evaluate("f'(x) = " + derivative.text(), derivative.expression(), picture, &derivative_points);
    Check("f", function, function_points);
    Check("f'", derivative.expression(), derivative_points);
    const v1::Picture drawn = picture.Finish().value();
    char range[80];
    std::snprintf(range, sizeof range, "%zu bytes, values %.4g to %.4g", drawn.data().size(),
                  drawn.lowest(), drawn.highest());
    Record("Drawer.Draw", services_.drawer, draw_start, range);
    Save(drawn);
  }

 private:
  void Record(const char* method, const Service& service, steady_clock::time_point start,
              std::string result) {
    calls_.push_back({method, service.language, std::string(service.channel->transport()),
                      steady_clock::now() - start, std::move(result)});
  }

  v1::Expression Parse() {
    v1::ParseRequest request;
    request.set_text(options_.expression);
    const auto start = steady_clock::now();
    v1::ParseReply reply = v1::Parser::Client(services_.parser.channel).Parse(request).value();
    if (reply.has_error()) {
      throw BadExpression{reply.error().position(), reply.error().message()};
    }
    Record("Parser.Parse", services_.parser, start,
           std::to_string(Parts(reply.expression())) + " parts");
    return std::move(*reply.mutable_expression());
  }

  v1::Derivative Differentiate(const v1::Expression& function) {
    const auto start = steady_clock::now();
    v1::Derivative derivative =
        v1::Deriver::Client(services_.deriver.channel).Differentiate(function).value();
    Record("Deriver.Differentiate", services_.deriver, start, derivative.text());
    return derivative;
  }

  // Streams the values of `expression` from the evaluator to the picture; keeps a few to check.
  void Evaluate(const std::string& name, const v1::Expression& expression,
                polycall::Writer<v1::DrawRequest, v1::Picture>& picture,
                std::vector<std::pair<double, double>>* kept) {
    v1::DrawRequest drawn;
    drawn.mutable_curve()->set_name(name);
    drawn.mutable_curve()->set_points(options_.points);
    bool drawing = picture.Write(drawn);
    v1::EvaluateRequest request;
    *request.mutable_expression() = expression;
    request.set_from(options_.from);
    request.set_to(options_.to);
    request.set_points(options_.points);
    const auto start = steady_clock::now();
    auto reader = v1::Evaluator::Client(services_.evaluator.channel).Evaluate(request);
    const double step = (options_.to - options_.from) / (options_.points - 1);
    uint32_t next = 0;
    while (reader.Read(drawn.mutable_samples())) {
      const v1::Samples& samples = drawn.samples();
      if (samples.first() != next) {
        throw polycall::StatusError(polycall::InternalError("the evaluator left out samples"));
      }
      next += samples.values_size();
      for (uint32_t check = kept->size(); check < kChecks; check = kept->size()) {
        const uint32_t at = (2 * check + 1) * (options_.points / (2 * kChecks));
        if (at >= next) {
          break;
        }
        kept->emplace_back(options_.from + step * at, samples.values(at - samples.first()));
      }
      drawing = drawing && picture.Write(drawn);
    }
    if (const polycall::Status status = reader.Finish(); !status.ok()) {
      throw polycall::StatusError(status);
    }
    Record("Evaluator.Evaluate", services_.evaluator, start, std::to_string(next) + " values");
  }

  void Check(const char* name, const v1::Expression& expression,
             const std::vector<std::pair<double, double>>& points) {
    const auto start = steady_clock::now();
    auto stream = v1::Checker::Client(services_.checker.channel).Check();
    v1::CheckRequest request;
    *request.mutable_expression() = expression;
    request.set_digits(kDigits);
    v1::Verdict verdict;
    v1::Verdict worst;
    int answers = 0;
    for (const auto& [x, value] : points) {
      request.set_x(x);
      request.set_value(value);
      if (!stream.Write(request) || !stream.Read(&verdict)) {
        break;
      }
      if (++answers == 1 || verdict.error_ulps() > worst.error_ulps()) {
        worst = verdict;
      }
      request.clear_expression();
    }
    stream.WritesDone();
    if (const polycall::Status status = stream.Finish(); !status.ok()) {
      throw polycall::StatusError(status);
    }
    char text[160];
    std::snprintf(text, sizeof text, "%d points of %s, at most %.2g ulp off: %s(%.4g) = %.32s...",
                  answers, name, worst.error_ulps(), name, worst.x(), worst.exact().c_str());
    Record("Checker.Check", services_.checker, start, text);
  }

  void Save(const v1::Picture& picture) {
    if (options_.output.empty()) {
      return;
    }
    std::ofstream file(options_.output, std::ios::binary);
    file << picture.data();
    file.close();
    if (!file) {
      throw std::runtime_error("cannot write " + options_.output);
    }
    if (!options_.json) {
      std::cout << "the picture is in " << options_.output << "\n";
    }
  }

  static int Parts(const v1::Expression& node) {
    if (node.has_application()) {
      return 1 + Parts(node.application().argument());
    }
    if (node.has_operation()) {
      return 1 + Parts(node.operation().left()) + Parts(node.operation().right());
    }
    return 1;
  }

  const Options& options_;
  Services& services_;
  std::vector<CallRecord>& calls_;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options = ParseCommandLine(argc, argv);
  std::vector<CallRecord> calls;
  try {
    Services services(options);
    Symbolic(options, services, calls).Run();
    Report(options, calls);
    return 0;
  } catch (const BadExpression& error) {
    ReportBadExpression(options, error.position, error.message);
    return 2;
  } catch (const std::exception& error) {
    Report(options, calls);
    std::cerr << "symbolic: " << error.what() << "\n";
    return 1;
  }
}
