// Self-subject reviews: what may I do, and who am I.
#include <utility>

#include "sandbox/context.hpp"
#include "sandbox/http.hpp"
#include "sandbox/kubernetes/body.hpp"
#include "sandbox/kubernetes/managed_fields.hpp"
#include "sandbox/kubernetes/server.hpp"
#include "sandbox/kubernetes/status.hpp"

namespace crosstie::sandbox::kubernetes {

using nlohmann::json;

Response self_review(Call& call) {
  const WriteOptions options = read_write_options(call.request, "CreateOptions");
  const json sent = read_object(call, options);
  const json spec = sent.value("spec", json::object());
  json review = {{"apiVersion", call.kind->stored_api_version()},
                 {"kind", call.kind->kind},
                 {"metadata", json::object()}};
  if (call.kind->kind == "SelfSubjectReview") {
    json user = {{"username", call.user.name}, {"groups", call.user.groups}};
    if (!call.user.uid.empty()) user["uid"] = call.user.uid;
    review["metadata"]["creationTimestamp"] = Clock::now_seconds();
    review["status"] = {{"userInfo", std::move(user)}};
    return respond(call.request, 201, review);
  }
  if (call.kind->kind == "SelfSubjectRulesReview") {
    const std::string namespace_name = spec.value("namespace", "");
    if (namespace_name.empty()) throw bad_request("no namespace on request");
    review["spec"] = json::object();
    review["status"] = call.server.access.rules_review(call.user, namespace_name);
  } else {
    if (!spec.contains("resourceAttributes") && !spec.contains("nonResourceAttributes")) {
      const std::string why =
          "exactly one of nonResourceAttributes or resourceAttributes must be specified";
      throw invalid({call.kind->group, call.kind->kind, ""},
                    {Cause::invalid("spec.resourceAttributes", "null", why)});
    }
    json before = review;
    before["spec"] = json::object();
    review["spec"] = spec;
    review = track_update(before, std::move(review),
                          {options.manager, call.kind->stored_api_version(), "", true,
                           Clock::now_seconds(), call.kind->fields.get()});
    review["status"] = call.server.access.access_review(call.user, spec);
  }
  review["metadata"]["creationTimestamp"] = nullptr;
  return respond(call.request, 201, review);
}

}  // namespace crosstie::sandbox::kubernetes
