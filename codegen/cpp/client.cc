// The Client class of a service.
#include <string>
#include <vector>

#include "codegen/cpp/layout.h"
#include "codegen/cpp/service.h"

namespace polycall::codegen::cpp {
namespace {

constexpr std::string_view kOptionsParameter =
    "const ::polycall::CallOptions& options = ::polycall::kDefaultCallOptions";

class ClientWriter {
 public:
  ClientWriter(const model::Service& service, const ServiceNames& names, Writer* writer)
      : service_(service), names_(names), writer_(*writer) {}

  void Write() {
    writer_.Line("// Makes calls. Cheap to copy, thread-safe, shares the channel.");
    writer_.Line("class Client {");
    writer_.Line(" public:");
    {
      const auto indentation = writer_.Indented();
      writer_.Line("explicit Client(std::shared_ptr<::polycall::Channel> channel)");
      writer_.Line("    : stub_(std::move(channel), ", names_.service(), "::Descriptor()) {}");
      writer_.Line();
      writer_.Line(
          "const std::shared_ptr<::polycall::Channel>& channel() const { return stub_.channel(); "
          "}");
      for (size_t i = 0; i < service_.methods.size(); ++i) {
        writer_.Line();
        WriteMethod(i);
      }
    }
    writer_.Line();
    writer_.Line(" private:");
    {
      const auto indentation = writer_.Indented();
      writer_.Line("::polycall::internal::Stub<", service_.methods.size(), "> stub_;");
    }
    writer_.Line("};");
    writer_.Line();
  }

 private:
  void WriteMethod(size_t index) {
    const model::Method& method = service_.methods[index];
    WriteComment(method.comment, &writer_);
    switch (method.kind) {
      case model::Kind::kUnary:
        return WriteUnary(index);
      case model::Kind::kServerStreaming:
        return WriteFunction(index, "::polycall::Reader<" + Response(index) + ">",
                             names_.method(index).call, {RequestParameter(index)}, "StartReader",
                             "stub_.channel()", {"request"});
      case model::Kind::kClientStreaming:
        return WriteFunction(index,
                             "::polycall::Writer<" + Request(index) + ", " + Response(index) + ">",
                             names_.method(index).call, {}, "StartWriter", "stub_.channel()", {});
      case model::Kind::kBidiStreaming:
        return WriteFunction(index,
                             "::polycall::Stream<" + Request(index) + ", " + Response(index) + ">",
                             names_.method(index).call, {}, "StartStream", "stub_.channel()", {});
    }
  }

  void WriteUnary(size_t index) {
    const MethodNames& names = names_.method(index);
    const std::string result = "::polycall::StatusOr<" + Response(index) + ">";
    WriteFunction(index, result, names.call, {RequestParameter(index)}, "CallUnary", "stub_.raw()",
                  {"request"});
    writer_.Line(
        "// The same into a response of one's own, which may be used again: the fast path.");
    WriteFunction(index, "::polycall::Status", names.call,
                  {RequestParameter(index), Response(index) + "* reply"}, "CallUnary",
                  "stub_.raw()", {"request", "reply"});
    writer_.Line("// `callback(StatusOr<", Response(index), ">)` runs exactly once.");
    writer_.Line("template <typename Callback>");
    WriteFunction(index, "void", names.async, {RequestParameter(index), "Callback&& callback"},
                  "CallUnaryAsync", "stub_.raw()", {"request", "std::forward<Callback>(callback)"});
    writer_.Line("// `co_await client.", names.await, "(request)` is a StatusOr<", Response(index),
                 ">.");
    const std::string awaiter = "::polycall::internal::UnaryAwaiter<" + names.traits + ">";
    WriteHead(index, awaiter, names.await, {RequestParameter(index)});
    WriteBody(
        {"return {stub_.raw(), stub_.method(" + std::to_string(index) + "), request, options};"});
  }

  // `result name(parameters, options) const { return ::polycall::internal::function<Traits>(first,
  // method, arguments, options); }`
  void WriteFunction(size_t index, const std::string& result, const std::string& name,
                     const std::vector<std::string>& parameters, const std::string& function,
                     const std::string& first, const std::vector<std::string>& arguments) {
    WriteHead(index, result, name, parameters);
    std::vector<std::string> all = {first, "stub_.method(" + std::to_string(index) + ")"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.push_back("options");
    {
      const auto indentation = writer_.Indented();
      const std::string returned = result == "void" ? "" : "return ";
      WriteCall(
          returned + "::polycall::internal::" + function + "<" + names_.method(index).traits + ">",
          all, ";", &writer_);
    }
    writer_.Line("}");
  }

  void WriteHead(size_t index, const std::string& result, const std::string& name,
                 std::vector<std::string> parameters) {
    if (service_.methods[index].deprecated) writer_.Line("[[deprecated]]");
    parameters.emplace_back(kOptionsParameter);
    WriteCall(result + " " + name, parameters, " const {", &writer_);
  }

  void WriteBody(const std::vector<std::string>& lines) {
    {
      const auto indentation = writer_.Indented();
      for (const std::string& line : lines) writer_.Line(line);
    }
    writer_.Line("}");
  }

  std::string Request(size_t index) const {
    return names_.TypeName(*service_.methods[index].request);
  }
  std::string Response(size_t index) const {
    return names_.TypeName(*service_.methods[index].response);
  }
  std::string RequestParameter(size_t index) const {
    return "const " + Request(index) + "& request";
  }

  const model::Service& service_;
  const ServiceNames& names_;
  Writer& writer_;
};

}  // namespace

void WriteClient(const model::Service& service, const ServiceNames& names, Writer* writer) {
  ClientWriter(service, names, writer).Write();
}

}  // namespace polycall::codegen::cpp
