// A link that is made, but wrong: only the proof can tell.
#include "tests/faults/fault_case.hpp"

namespace crosstie::testing {
namespace {

FaultCase changed(const std::string& name, const std::string& from, const std::string& to) {
  return {name, [=](Stage& stage) { stage.change_blueprint({{from, to}}); },
          [](Stage& stage) { stage.restore_blueprint(); }};
}

}  // namespace

std::vector<FaultCase> link_faults() {
  FaultCase authority = changed("wrong_ca_of_the_link", "\"${resource.ca.data[\\\"ca.crt\\\"]}\"",
                                "\"${file(\\\"other-ca.pem\\\")}\"");
  authority.arrange = [arrange = authority.arrange](Stage& stage) {
    stage.save("other-ca.pem", stage.other_authority());
    arrange(stage);
  };
  FaultCase key = changed("wrong_key_of_the_link", "value: \"${resource.key.encoded}\"",
                          "value: {env: OTHER_KEY}");
  key.arrange = [arrange = key.arrange](Stage& stage) {
    stage.environment["OTHER_KEY"] = sandbox::base64_of("unknownid:unknownsecret");
    arrange(stage);
  };
  return {authority, key,
          changed("wrong_server_name_of_the_link",
                  "\"${var.ca == \\\"eck\\\" ? format(\\\"%s-es-remote-cluster.%s.svc\\\", "
                  "local.eck.name, local.namespace) : resource.address.load_balancer.host}\"",
                  "other.example.org"),
          changed("wrong_port_of_the_link", ".url_host}:9443\"", ".url_host}:9300\"")};
}

}  // namespace crosstie::testing
