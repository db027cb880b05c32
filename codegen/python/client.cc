#include <string>

#include "codegen/python/docstring.h"
#include "codegen/python/service.h"

namespace polycall::codegen::python {
namespace {

using model::Kind;

// What every call takes besides its request.
constexpr std::string_view kOptions = R"(
*,
timeout: typing.Optional[float] = None,
metadata: typing.Optional[polycall.MetadataLike] = None,
flags: int = 0,
info: typing.Optional[polycall.CallInfo] = None,
)";
constexpr std::string_view kPassed = "timeout, metadata, flags, info";

// One function of a client.
struct Function {
  std::string name;
  std::string parameter;  // "request: calc_pb2.AddRequest"; empty: none
  std::string result;
  std::string body;
  bool async = false;
  std::string doc;  // without a comment in the .proto
  std::vector<std::string> also;
};

void Write(const Function& function, const model::Method& method, Writer* writer) {
  writer->Line();
  writer->Line(function.async ? "async def " : "def ", function.name, "(");
  {
    const auto indented = writer->Indented();
    writer->Line("self,");
    if (!function.parameter.empty()) writer->Line(function.parameter, ",");
    writer->Lines(kOptions);
  }
  writer->Line(") -> ", function.result, ":");
  const auto indented = writer->Indented();
  std::vector<std::string> also = function.also;
  if (method.deprecated) also.push_back("Deprecated.");
  WriteDocstring(method.comment, function.doc, also, writer);
  writer->Line("return ", function.body);
}

class ClientWriter {
 public:
  ClientWriter(const model::Service& service, const ModuleNames& names, bool async, Writer* writer)
      : service_(service),
        names_(names),
        module_(names.service(service)),
        functions_(service),
        async_(async),
        writer_(writer) {}

  void Write() {
    writer_->Line();
    writer_->Line();
    writer_->Line("class ", async_ ? module_.async_client : module_.client, ":");
    const auto indented = writer_->Indented();
    WriteDocstring(
        service_.comment,
        std::string(async_ ? "An asyncio client of " : "A client of ") + service_.full_name + ".",
        {}, writer_);
    writer_->Line();
    writer_->Line("def __init__(self, channel: polycall.Channel) -> None:");
    {
      const auto body = writer_->Indented();
      // The methods keep the channel; an attribute for it could hide an rpc of that name.
      if (service_.methods.empty()) writer_->Line("pass  # the service has no methods");
      for (size_t i = 0; i < service_.methods.size(); ++i) {
        writer_->Line("self.", functions_.Attribute(i), " = channel.method(", module_.descriptor,
                      ".name, ", module_.descriptor, ".methods[", i, "])");
      }
    }
    for (size_t i = 0; i < service_.methods.size(); ++i) WriteMethod(i);
  }

 private:
  std::string Arguments(size_t i, const std::string& first) const {
    return "(self." + functions_.Attribute(i) + ", " + first + ", " + std::string(kPassed) + ")";
  }

  std::string Start(size_t i, const std::string& stream, const std::string& request) const {
    return "self." + functions_.Attribute(i) + ".start(polycall." + stream + ", " + request + ", " +
           std::string(kPassed) + ")";
  }

  void WriteMethod(size_t i) {
    const model::Method& method = service_.methods[i];
    const std::string request = names_.MessageName(*method.request);
    const std::string response = names_.MessageName(*method.response);
    const std::string pair = "[" + request + ", " + response + "]";
    const std::string prefix = async_ ? "Async" : "";
    const std::string many = async_ ? "stubs.aio.Requests[" : "typing.Iterable[";
    Function function;
    function.name = functions_.Function(i);
    function.doc = "Calls " + service_.full_name + "." + method.name + ".";
    switch (method.kind) {
      case Kind::kUnary:
        function.parameter = "request: " + request;
        function.result = response;
        function.async = async_;
        function.body =
            async_ ? "await stubs.aio.unary" + Arguments(i, "request")
                   : "self." + functions_.Attribute(i) + "(request, " + std::string(kPassed) + ")";
        python::Write(function, method, writer_);
        if (!async_) WriteFuture(i, request, response);
        break;
      case Kind::kServerStreaming:
        function.parameter = "request: " + request;
        function.result = "polycall." + prefix + "ServerStream[" + response + "]";
        function.body = Start(i, prefix + "ServerStream", "request");
        python::Write(function, method, writer_);
        break;
      case Kind::kClientStreaming:
        function.parameter = "requests: " + many + request + "]";
        function.result = response;
        function.async = async_;
        function.body = async_ ? "await stubs.aio.send_all" + Arguments(i, "requests")
                               : "stubs.send_all" + Arguments(i, "requests");
        python::Write(function, method, writer_);
        function = Function();
        function.name = functions_.Stream(i);
        function.result = "polycall." + prefix + "ClientStream" + pair;
        function.body = Start(i, prefix + "ClientStream", "None");
        function.doc = "Starts " + service_.full_name + "." + method.name + ".";
        function.also = {"The caller sends by hand: send(), then finish()."};
        python::Write(function, method, writer_);
        break;
      case Kind::kBidiStreaming:
        function.parameter = "requests: typing.Optional[" + many + request + "]] = None";
        function.result = "polycall." + prefix + "BidiStream" + pair;
        function.body =
            (async_ ? "stubs.aio.start_bidi" : "stubs.start_bidi") + Arguments(i, "requests");
        function.also = {"Without `requests` the caller sends by hand."};
        python::Write(function, method, writer_);
        break;
    }
  }

  void WriteFuture(size_t i, const std::string& request, const std::string& response) {
    const model::Method& method = service_.methods[i];
    Function function;
    function.name = functions_.Future(i);
    function.parameter = "request: " + request;
    function.result = "polycall.CallFuture[" + response + "]";
    function.body = "stubs.start_future" + Arguments(i, "request");
    function.doc = "Starts " + service_.full_name + "." + method.name + ".";
    function.also = {"Returns at once; the future gets the outcome."};
    python::Write(function, method, writer_);
  }

  const model::Service& service_;
  const ModuleNames& names_;
  const ModuleNames::Service& module_;
  const ServiceNames functions_;
  const bool async_;
  Writer* const writer_;
};

}  // namespace

void WriteClient(const model::Service& service, const ModuleNames& names, Writer* writer) {
  ClientWriter(service, names, false, writer).Write();
}

void WriteAsyncClient(const model::Service& service, const ModuleNames& names, Writer* writer) {
  ClientWriter(service, names, true, writer).Write();
}

}  // namespace polycall::codegen::python
