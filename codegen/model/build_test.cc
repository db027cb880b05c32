#include "codegen/model/build.h"

#include <gmock/gmock.h>
#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "codegen/model/fingerprint.h"

namespace polycall::codegen::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// .proto files in memory.
class Sources : public google::protobuf::compiler::SourceTree,
                public google::protobuf::compiler::MultiFileErrorCollector {
 public:
  void Add(const std::string& name, const std::string& text) { files_[name] = text; }

  google::protobuf::io::ZeroCopyInputStream* Open(const std::string& name) override {
    const auto found = files_.find(name);
    if (found == files_.end()) return nullptr;
    return new google::protobuf::io::ArrayInputStream(found->second.data(),
                                                      static_cast<int>(found->second.size()));
  }

  void AddError(const std::string& file, int line, int column,
                const std::string& message) override {
    ADD_FAILURE() << file << ":" << line << ":" << column << ": " << message;
  }

 private:
  std::map<std::string, std::string> files_;
};

class BuildModelTest : public testing::Test {
 protected:
  // The model of one file that may import those that were added before.
  const File& Build(const std::string& text) {
    sources_.Add("test.proto", text);
    importer_ = std::make_unique<google::protobuf::compiler::Importer>(&sources_, &sources_);
    const google::protobuf::FileDescriptor* descriptor = importer_->Import("test.proto");
    if (descriptor == nullptr) ADD_FAILURE() << "the test's own proto is wrong";
    model_ = BuildModel({descriptor});
    return *model_->Find("test.proto");
  }

  Sources sources_;
  std::unique_ptr<google::protobuf::compiler::Importer> importer_;
  std::unique_ptr<Model> model_;
};

TEST_F(BuildModelTest, AMethodKnowsItsKindFromItsStreams) {
  const File& file = Build(R"(
    syntax = "proto3"; package p; message M {}
    service S {
      rpc Unary(M) returns (M);
      rpc Up(stream M) returns (M);
      rpc Down(M) returns (stream M);
      rpc Both(stream M) returns (stream M);
    })");
  const Service& service = *file.services[0];
  EXPECT_EQ(service.full_name, "p.S");
  EXPECT_EQ(service.methods[0].kind, Kind::kUnary);
  EXPECT_EQ(service.methods[1].kind, Kind::kClientStreaming);
  EXPECT_EQ(service.methods[2].kind, Kind::kServerStreaming);
  EXPECT_EQ(service.methods[3].kind, Kind::kBidiStreaming);
}

TEST_F(BuildModelTest, TheStandardIdempotencyLevelCountsAsIdempotent) {
  const File& file = Build(R"(
    syntax = "proto3"; message M {}
    service S {
      rpc Plain(M) returns (M);
      rpc Safe(M) returns (M) { option idempotency_level = NO_SIDE_EFFECTS; }
      rpc Again(M) returns (M) { option idempotency_level = IDEMPOTENT; }
    })");
  EXPECT_EQ(file.services[0]->methods[0].flags(), 0u);
  EXPECT_EQ(file.services[0]->methods[1].flags(), 1u);
  EXPECT_EQ(file.services[0]->methods[2].flags(), 1u);
}

TEST_F(BuildModelTest, CommentsAreTheAuthorsLinesWithoutMarks) {
  const File& file = Build(
      "// The file.\nsyntax = \"proto3\";\n"
      "// One.\n//\n//   indented\nmessage M {\n  int32 a = 1;  // behind\n  int32 b = 2;\n}\n");
  EXPECT_THAT(file.comment.lines, ElementsAre("The file."));
  EXPECT_THAT(file.messages[0]->comment.lines, ElementsAre("One.", "", "  indented"));
  EXPECT_THAT(file.messages[0]->fields[0].comment.lines, ElementsAre("behind"));
  EXPECT_THAT(file.messages[0]->fields[1].comment.lines, IsEmpty());
}

TEST_F(BuildModelTest, PresenceTellsTheFourSortsOfFieldsApart) {
  const File& file = Build(R"(
    syntax = "proto3";
    message M {
      int32 plain = 1; optional int32 maybe = 2; repeated int32 many = 3; M inner = 4;
      oneof choice { string text = 5; int32 number = 6; }
      map<string, M> map = 7;
    })");
  const Message& message = *file.messages[0];
  EXPECT_EQ(message.fields[0].presence, Presence::kImplicit);
  EXPECT_EQ(message.fields[1].presence, Presence::kExplicit);
  EXPECT_EQ(message.fields[2].presence, Presence::kRepeated);
  EXPECT_TRUE(message.fields[2].packed);
  EXPECT_EQ(message.fields[3].presence, Presence::kExplicit);
  EXPECT_EQ(message.fields[4].presence, Presence::kExplicit);
  // proto3 `optional` is a oneof to protoc and none to us.
  ASSERT_EQ(message.oneofs.size(), 1u);
  EXPECT_EQ(message.fields[1].oneof, nullptr);
  EXPECT_EQ(message.fields[4].oneof, message.oneofs[0].get());
  EXPECT_THAT(message.oneofs[0]->fields, ElementsAre(&message.fields[4], &message.fields[5]));
  EXPECT_TRUE(message.fields[6].is_map());
  EXPECT_EQ(message.fields[6].map_key().type, FieldType::kString);
  EXPECT_EQ(message.fields[6].map_value().message, &message);
}

TEST_F(BuildModelTest, DefaultsOfProto2AreKept) {
  const File& file = Build(R"(
    syntax = "proto2"; enum E { A = 1; B = -7; }
    message M {
      optional uint64 u = 1 [default = 18446744073709551615]; optional E e = 2 [default = B];
      optional E first = 3; optional bytes b = 4 [default = "\000\377"]; required double d = 5;
      optional group G = 6 { optional int32 x = 1; }
      extensions 100 to 200;
    }
    extend M { optional int32 more = 100; })");
  const Message& message = *file.messages[0];
  EXPECT_EQ(static_cast<uint64_t>(message.fields[0].default_integer), UINT64_MAX);
  EXPECT_EQ(message.fields[1].default_integer, -7);
  EXPECT_FALSE(message.fields[2].has_default);
  EXPECT_EQ(message.fields[2].default_integer, 1);
  EXPECT_EQ(message.fields[3].default_string, std::string("\0\377", 2));
  EXPECT_EQ(message.fields[4].presence, Presence::kRequired);
  EXPECT_TRUE(message.fields[5].message->group);
  EXPECT_TRUE(message.extendable);
  EXPECT_TRUE(file.has_extensions);
}

TEST_F(BuildModelTest, TheDescriptorSetBuildsTheFileAndAllItImports) {
  sources_.Add("leaf.proto", R"(syntax = "proto3"; package leaf; message Leaf {})");
  sources_.Add("middle.proto",
               R"(syntax = "proto3"; import "leaf.proto"; message Middle { leaf.Leaf leaf = 1; })");
  const File& file = Build(R"(
    syntax = "proto3"; import "middle.proto"; import "leaf.proto";
    service S { rpc Call(Middle) returns (leaf.Leaf); })");
  google::protobuf::FileDescriptorSet set;
  ASSERT_TRUE(set.ParseFromString(file.descriptor_set));
  google::protobuf::DescriptorPool pool;
  for (const auto& proto : set.file()) ASSERT_NE(pool.BuildFile(proto), nullptr) << proto.name();
  EXPECT_NE(pool.FindMethodByName("S.Call"), nullptr);
  EXPECT_EQ(set.file_size(), 3);
}

constexpr char kService[] = R"(
    service S { rpc A(Q) returns (R); rpc B(Q) returns (stream R); }
    message Q { int32 a = 1; Inner inner = 2; }
    message Inner { Colour colour = 1; Q back = 2; } message R {}
    enum Colour { RED = 0; BLUE = 1; } )";

TEST_F(BuildModelTest, AFingerprintDoesNotChangeWithOrderAndComments) {
  const uint64_t before =
      Build(std::string("syntax = \"proto3\"; package p;") + kService).services[0]->fingerprint;
  const uint64_t after = Build(R"(syntax = "proto3"; package p;
    // Moved about.
    enum Colour { RED = 0; BLUE = 1; } message R {}
    message Inner { Q back = 2; Colour colour = 1; } message Q { Inner inner = 2; int32 a = 1; }
    message Unused {}
    service S { rpc B(Q) returns (stream R); rpc A(Q) returns (R); })")
                             .services[0]
                             ->fingerprint;
  EXPECT_EQ(before, after);
}

TEST_F(BuildModelTest, AFingerprintChangesWithAnythingThatTheWireShows) {
  const std::string head = "syntax = \"proto3\"; package p;";
  const auto fingerprint = [&](std::string text, const std::string& from, const std::string& to) {
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    return Build(head + text).services[0]->fingerprint;
  };
  const uint64_t original = Build(head + kService).services[0]->fingerprint;
  EXPECT_NE(original, fingerprint(kService, "int32 a = 1", "int64 a = 1"));
  EXPECT_NE(original, fingerprint(kService, "int32 a = 1", "int32 a = 5"));
  EXPECT_NE(original, fingerprint(kService, "int32 a = 1", "repeated int32 a = 1"));
  EXPECT_NE(original, fingerprint(kService, "BLUE = 1", "BLUE = 2"));
  EXPECT_NE(original, fingerprint(kService, "(stream R)", "(R)"));
  EXPECT_NE(original, fingerprint(kService, "rpc A", "rpc C"));
}

TEST_F(BuildModelTest, TheCanonicalTextNamesWhatTheServiceReachesAndNothingElse) {
  const File& file =
      Build(std::string("syntax = \"proto3\"; package p; message Unused {}") + kService);
  const std::string text = CanonicalText(*file.services[0]);
  EXPECT_THAT(text, HasSubstr("service p.S\n  rpc A kind 0 p.Q p.R\n  rpc B kind 2 p.Q p.R\n"));
  EXPECT_THAT(text, HasSubstr("message p.Inner\n"));
  EXPECT_THAT(text, HasSubstr("enum p.Colour\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("Unused")));
}

}  // namespace
}  // namespace polycall::codegen::model
