// The three styles of handlers of a service.
#include <string>
#include <vector>

#include "codegen/cpp/layout.h"
#include "codegen/cpp/service.h"

namespace polycall::codegen::cpp {
namespace {

// What tells one style from another.
struct Style {
  std::string class_name;
  std::string glue;  // the template of the binding that calls its handlers
  std::vector<std::string> comment;
};

enum class StyleKind { kBlocking, kCoroutine, kCallback };

class HandlerWriter {
 public:
  HandlerWriter(const model::Service& service, const ServiceNames& names, Writer* writer)
      : service_(service), names_(names), writer_(*writer) {}

  void Write() {
    WriteClass(
        StyleKind::kBlocking,
        {"Service",
         "BlockingHandler",
         {"Serves calls with handlers that answer by returning; they may block. Called from any",
          "number of threads at once. What is not overridden answers UNIMPLEMENTED."}});
    writer_.Line();
    WriteClass(StyleKind::kCoroutine,
               {"CoroutineService",
                "CoroutineHandler",
                {"The same with coroutines: parameters live until the handler's task has ended."}});
    writer_.Line();
    WriteClass(StyleKind::kCallback,
               {"CallbackService",
                "CallbackHandler",
                {"The same with callbacks: parameters live until `done` has finished the call."}});
  }

 private:
  void WriteClass(StyleKind kind, const Style& style) {
    writer_.Prefixed("// ", style.comment);
    writer_.Line("class ", style.class_name, " : public ::polycall::Service {");
    writer_.Line(" public:");
    {
      const auto indentation = writer_.Indented();
      for (size_t i = 0; i < service_.methods.size(); ++i) {
        WriteComment(service_.methods[i].comment, &writer_);
        WriteHandler(kind, i);
        writer_.Line();
      }
      WriteRegistration(style);
    }
    writer_.Line("};");
  }

  void WriteHandler(StyleKind kind, size_t index) {
    const model::Method& method = service_.methods[index];
    const bool one_response = !method.server_streams();
    // The names are comments because the default implementation uses none of them.
    std::vector<std::string> parameters = {"::polycall::ServerContext& /*context*/"};
    switch (method.kind) {
      case model::Kind::kUnary:
        parameters.push_back("const " + Request(index) + "& /*request*/");
        break;
      case model::Kind::kServerStreaming:
        parameters.push_back("const " + Request(index) + "& /*request*/");
        parameters.push_back("::polycall::ServerWriter<" + Response(index) + ">& /*writer*/");
        break;
      case model::Kind::kClientStreaming:
        parameters.push_back("::polycall::ServerReader<" + Request(index) + ">& /*reader*/");
        break;
      case model::Kind::kBidiStreaming:
        parameters.push_back("::polycall::ServerStream<" + Request(index) + ", " + Response(index) +
                             ">& /*stream*/");
        break;
    }
    std::string result = "::polycall::Status";
    std::string before = "return ";
    std::string after = ";";
    if (kind == StyleKind::kBlocking) {
      if (one_response) parameters.push_back(Response(index) + "* /*reply*/");
    } else if (kind == StyleKind::kCoroutine) {
      if (one_response) result = "::polycall::StatusOr<" + Response(index) + ">";
      result = "::polycall::Task<" + result + ">";
      before = "co_return ";
    } else {
      result = "void";
      before = "done.Finish(";
      after = ");";
      parameters.push_back("::polycall::Responder<" + (one_response ? Response(index) : "void") +
                           "> done");
    }
    WriteCall("virtual " + result + " " + names_.method(index).call, parameters, " {", &writer_);
    {
      const auto indentation = writer_.Indented();
      writer_.Line(before, "::polycall::internal::NotImplemented(\"", service_.full_name, "/",
                   method.name, "\")", after);
    }
    writer_.Line("}");
  }

  void WriteRegistration(const Style& style) {
    writer_.Line("::polycall::ServiceRegistration PolycallRegistration() final {");
    {
      const auto indentation = writer_.Indented();
      writer_.Line("return {");
      {
        const auto deeper = writer_.Indented(2);
        writer_.Line("&", names_.service(), "::Descriptor(),");
        writer_.Line("{");
        for (size_t i = 0; i < service_.methods.size(); ++i) WriteEntry(style, i);
        writer_.Line("},");
      }
      writer_.Line("};");
    }
    writer_.Line("}");
  }

  void WriteEntry(const Style& style, size_t index) {
    const MethodNames& method = names_.method(index);
    const std::string own = names_.service() + "::" + style.class_name;
    const auto indentation = writer_.Indented(2);
    writer_.Line("::polycall::internal::", style.glue, "<", method.traits, ", ", own, ",");
    writer_.Line("    &", own, "::", method.call, ">::Make(this),");
  }

  std::string Request(size_t index) const {
    return names_.TypeName(*service_.methods[index].request);
  }
  std::string Response(size_t index) const {
    return names_.TypeName(*service_.methods[index].response);
  }

  const model::Service& service_;
  const ServiceNames& names_;
  Writer& writer_;
};

}  // namespace

void WriteHandlerClasses(const model::Service& service, const ServiceNames& names, Writer* writer) {
  HandlerWriter(service, names, writer).Write();
}

}  // namespace polycall::codegen::cpp
