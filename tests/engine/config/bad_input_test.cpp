// What a person sees for each kind of mistake, in full: `file:line:col+length summary | detail |
// fix`, one line an error.
#include "tests/engine/config/support.hpp"

namespace crosstie {
namespace {

struct Bad {
  const char* reason;
  const char* text;
  const char* told;
};

constexpr Bad kBad[] = {
    {"a tab for indentation", "crosstie: 1\nlocals:\n	a: 1\n",
     "a.yaml:3:1+1 line is indented with a tab | YAML allows only spaces for indentation. | To fix "
     "it, replace the tab by spaces.\n"},
    {"a key twice", "crosstie: 1\nlocals:\n  a: 1\n  a: 2\n",
     "a.yaml:4:3+1 key is written twice | `a` is written at line 3 already; only one of the two "
     "can count. | To fix it, remove or rename one of them.\n"},
    {"a key that is a list", "crosstie: 1\nlocals:\n  ? [a]\n  : 1\n",
     "a.yaml:3:5+1 key is not text | The key of a mapping is a list. | To fix it, write the key as "
     "a word or in quotes.\n"},
    {"a merge key", "crosstie: 1\nlocals:\n  a: &x {b: 1}\n  c:\n    <<: *x\n",
     "a.yaml:5:5+2 YAML merge key is not supported | `<<` would be a member of that name. | To fix "
     "it, write the members out, or use the function merge().\n"},
    {"an alias without anchor", "crosstie: 1\nlocals: {a: *nope}\n",
     "a.yaml:2:13+1 YAML is not well-formed | No anchor of that name stands before this alias. | "
     "To fix it, define the anchor with `&name`, or put text that begins with `*` into quotes.\n"},
    {"an alias of itself", "crosstie: 1\nlocals: &a {b: *a}\n",
     "a.yaml:2:16+1 an alias refers to itself | The alias stands inside the value that its anchor "
     "names, so the value would never end. | To fix it, write the value out.\n"},
    {"two documents", "crosstie: 1\n---\nlocals: {}\n",
     "a.yaml:3:1+1 more than one document in a file | A second YAML document begins here. | To fix "
     "it, put each document into a file of its own.\n"},
    {"a bracket that is never closed", "crosstie: 1\nlocals: {a: [1, 2\n",
     "a.yaml:3:1+1 YAML is not well-formed | A `[` is never closed, or a comma is missing before "
     "this place. | To fix it, close it with `]`.\n"},
    {"a quote that is never closed", "crosstie: 1\nlocals:\n  a: \"x\n",
     "a.yaml:3:6+2 YAML is not well-formed | A quote is never closed. | To fix it, close it.\n"},
    {"wrong indentation", "crosstie: 1\nlocals:\n  a: 1\n b: 2\n",
     "a.yaml:4:2+1 YAML is not well-formed | The indentation of this line fits none of the lines "
     "above, or a `:` is missing. | To fix it, indent the line like its neighbours.\n"},
    {"a colon in plain text", "crosstie: 1\nlocals:\n  a: b: c\n",
     "a.yaml:3:7+1 YAML is not well-formed | A `:` stands where no key can be. | To fix it, put "
     "text that holds `: ` into quotes.\n"},
    {"a number with a leading zero", "crosstie: 1\nlocals: {mode: 0644}\n",
     "a.yaml:2:16+4 number with a leading zero | `0644` is octal to some readers of YAML and "
     "decimal to others. | To fix it, write \"0644\" for text, or 0o644 for an octal number.\n"},
    {"a number that is too large", "crosstie: 1\nlocals: {n: 12345678901234567890}\n",
     "a.yaml:2:13+20 number is too large | `12345678901234567890` does not fit into 64 bits. | To "
     "fix it, write it in quotes when it is text.\n"},
    {"a tag", "crosstie: 1\nlocals: {a: !Ref x}\n",
     "a.yaml:2:13+1 YAML tag is not supported | The tag `!Ref` has no meaning here. | To fix it, "
     "take the tag away.\n"},
    {"bytes that are no UTF-8", "crosstie: 1\nlocals: {a: \"\xff\"}\n",
     "a.yaml:2:14+1 file is not plain UTF-8 text | Here stands a byte that is no UTF-8, or a "
     "control character. | To fix it, save the file as UTF-8.\n"},
    {"a list as configuration", "- crosstie: 1\n",
     "folder has no configuration | No file *.yaml of the folder has a top-level key `crosstie:`. "
     "| To fix it, go to the folder of the configuration, or begin one with\n"
     "  crosstie init\n"},
    {"no version", "locals: {a: 1}\n",
     "version of the language is missing | No file of the folder says which version of the "
     "language it is written in. | To fix it, begin one of them with `crosstie: 1`.\n"},
    {"another version", "crosstie: 2\n",
     "a.yaml:1:11+1 unknown version of the language | The only version of a configuration file is "
     "1. | To fix it, write `crosstie: 1`, or use a newer crosstie.\n"},
    {"a misspelled top-level key", "crosstie: 1\nresorces: {a: {type: null.thing}}\n",
     "a.yaml:2:1+8 unknown key | `resorces` is no key of a configuration. | Did you mean "
     "`resources`?\n"},
    {"a section that is a list", "crosstie: 1\nresources: [a]\n",
     "a.yaml:2:1+9 wrong kind of value | `resources` must be a mapping of names, not a list. | \n"},
    {"a name with a dot", "crosstie: 1\nlocals: {a.b: 1}\n",
     "a.yaml:2:10+3 name is not valid | `a.b` cannot be the name of a local value. | To fix it, "
     "begin with a letter or underscore, go on with letters, digits, `_` or `-`, and use at most "
     "64 characters.\n"},
    {"a resource that is text", "crosstie: 1\nresources: {a: b}\n",
     "a.yaml:2:13+1 wrong kind of value | A resource must be a mapping with a `type`, not a "
     "string. | \n"},
    {"a resource without type", "crosstie: 1\nresources:\n  a: {text: x}\n",
     "a.yaml:3:3+1 resource has no type | The key `type` is missing. | There are `ech.deployment`, "
     "`ech.keystore_entry`, `ech.trust`, `elasticsearch.compatibility`, "
     "`elasticsearch.cross_cluster_api_key`, `elasticsearch.link_probe`, "
     "`elasticsearch.remote_cluster`, `elasticsearch.role` and 6 more.\n"},
    {"an unknown type", "crosstie: 1\nresources:\n  a: {type: null.thin}\n",
     "a.yaml:3:13+9 unknown type of a resource | There is no resource type `null.thin`. | Did you "
     "mean `null.thing`?\n"},
    {"an expression as type", "crosstie: 1\nresources:\n  a: {type: \"${1}\"}\n",
     "a.yaml:3:13+6 wrong kind of value | `type` must be a plain string, not an expression. | \n"},
    {"an unknown argument", "crosstie: 1\nresources:\n  a: {type: null.thing, txt: x}\n",
     "a.yaml:3:25+3 unknown argument | `null.thing` has no argument `txt`. | Did you mean "
     "`text`?\n"},
    {"a meta key nearly", "crosstie: 1\nresources:\n  a: {type: null.thing, dependson: []}\n",
     "a.yaml:3:25+9 unknown argument | `null.thing` has no argument `dependson`. | Did you mean "
     "`depends_on`?\n"},
    {"a missing argument", "crosstie: 1\nresources:\n  a: {type: null.strict}\n",
     "a.yaml:3:3+1 argument is missing | `null.strict` needs `name`. | To fix it, add `name:` to "
     "the resource.\n"},
    {"a computed argument", "crosstie: 1\nresources:\n  a: {type: null.thing, id: x}\n",
     "a.yaml:3:25+2 argument is set by the service | `id` of `null.thing` can be read, but not "
     "set. | To fix it, take it away.\n"},
    {"a number for a string", "crosstie: 1\nresources:\n  a: {type: null.thing, text: 5}\n",
     "a.yaml:3:31+1 wrong type of an argument | `text` must be a string, not a number. | To fix "
     "it, put the value into quotes.\n"},
    {"a string for a number", "crosstie: 1\nresources:\n  a: {type: null.thing, number: \"5\"}\n",
     "a.yaml:3:33+3 wrong type of an argument | `number` must be a number, not a string. | To fix "
     "it, take the quotes away.\n"},
    {"a computed string for a bool",
     "crosstie: 1\nlocals: {x: 'yes'}\nresources:\n  a: {type: null.thing, flag: \"${local.x}\"}\n",
     "a.yaml:4:31+12 [resource.a] wrong type of an argument | `flag` must be true or false, not a "
     "string. | To fix it, take the quotes away.\n"},
    {"a value that is not allowed",
     "crosstie: 1\nresources:\n  a: {type: null.thing, size: smal}\n",
     "a.yaml:3:31+4 value is not allowed | `size` cannot be `smal`; it is one of `large` and "
     "`small`. | Did you mean `small`?\n"},
    {"members of a list",
     "crosstie: 1\nresources:\n  a:\n    type: null.thing\n    ports: [{numbr: 1}, {number: x}, "
     "3]\n",
     "a.yaml:5:13+1 argument is missing | `ports[0]` needs `number`. | \n"
     "a.yaml:5:14+5 unknown argument | `ports[0]` has no member `numbr`. | Did you mean `number`?\n"
     "a.yaml:5:34+1 wrong type of an argument | `ports[1].number` must be a number, not a string. "
     "| To fix it, take the quotes away.\n"
     "a.yaml:5:38+1 wrong type of an argument | `ports[2]` must be an object, not a number. | \n"},
    {"a secret written out",
     "crosstie: 1\nresources:\n  a: {type: null.thing, password: hunter2}\n",
     "a.yaml:3:35+11 secret is written out | `password` is a secret, and a secret must not stand "
     "in a configuration file. | To fix it, give it by reference: {env: NAME}, {file: PATH}, "
     "{command: [PROGRAM, ARGUMENT]}, {kubernetes_secret: {namespace: NAMESPACE, name: NAME, key: "
     "KEY}}, or a sensitive variable.\n"},
    {"a secret computed from plain text",
     "crosstie: 1\nlocals: {p: hunter2}\nresources:\n  a: {type: null.thing, password: "
     "\"${local.p}\"}\n",
     "a.yaml:4:35+11 [resource.a] secret is written out | `password` is a secret, and a secret "
     "must not stand in a configuration file. | To fix it, give it by reference: {env: NAME}, "
     "{file: PATH}, {command: [PROGRAM, ARGUMENT]}, {kubernetes_secret: {namespace: NAMESPACE, "
     "name: NAME, key: KEY}}, or a sensitive variable.\n"},
    {"a secret by an unknown way",
     "crosstie: 1\nresources:\n  a: {type: null.thing, password: {vault: x}}\n",
     "a.yaml:3:35+11 reference to a secret is not well-formed | `password` does not say where the "
     "secret is. | To fix it, give it by reference: {env: NAME}, {file: PATH}, {command: [PROGRAM, "
     "ARGUMENT]}, {kubernetes_secret: {namespace: NAMESPACE, name: NAME, key: KEY}}, or a "
     "sensitive variable.\n"},
    {"an unknown variable",
     "crosstie: 1\nvariables: {region: {default: eu}}\nlocals: {a: \"${var.regoin}\"}\n",
     "a.yaml:3:20+6 reference to an unknown name | There is no variable `regoin`. | Did you mean "
     "`region`?\n"},
    {"an unknown local", "crosstie: 1\nlocals: {name: x, a: \"x ${local.nam} y\"}\n",
     "a.yaml:2:33+3 reference to an unknown name | There is no local value `nam`. | Did you mean "
     "`name`?\n"},
    {"an unknown resource",
     "crosstie: 1\nresources:\n  first: {type: null.thing}\n  b: {type: null.thing, text: "
     "\"${resource.frist.id}\"}\n",
     "a.yaml:4:43+5 reference to an unknown name | There is no resource `frist`. | Did you mean "
     "`first`?\n"},
    {"an unknown attribute of a resource",
     "crosstie: 1\nresources:\n  a: {type: null.thing}\n  b: {type: null.thing, any: "
     "\"${resource.a.idd}\"}\n",
     "a.yaml:4:44+3 unknown attribute | `null.thing` has no attribute `idd`. | Did you mean "
     "`id`?\n"},
    {"an instance that needs a key",
     "crosstie: 1\nresources:\n  a: {type: null.thing, for_each: [x]}\n  b: {type: null.thing, "
     "any: \"${resource.a.id}\"}\n",
     "a.yaml:4:33+13 resource has several instances | `resource.a` has a for_each, so a key must "
     "say which one is meant. | To fix it, write resource.a[\"key\"].id.\n"},
    {"an instance that does not exist",
     "crosstie: 1\nresources:\n  a: {type: null.thing, for_each: [west]}\n  b: {type: null.thing, "
     "any: \"${resource.a[\\\"wets\\\"].id}\"}\n",
     "a.yaml:4:33+23 [resource.b] resource has no such instance | `resource.a` has no instance "
     "with `wets`. | Did you mean `west`?\n"},
    {"each without for_each",
     "crosstie: 1\nresources:\n  a: {type: null.thing, text: \"${each.key}\"}\n",
     "a.yaml:3:34+8 each without for_each | `each` has a value only inside a resource or link that "
     "has for_each. | To fix it, add for_each, or take the value from somewhere else.\n"},
    {"another member of each",
     "crosstie: 1\nresources:\n  a: {type: null.thing, for_each: [x], text: \"${each.val}\"}\n",
     "a.yaml:3:54+3 reference to an unknown name | `each` has only `key` and `value`. | There are "
     "`key` and `value`.\n"},
    {"locals in a circle",
     "crosstie: 1\nlocals:\n  a: \"${local.b}\"\n  b: \"${local.c}\"\n  c: \"${local.a}\"\n",
     "a.yaml:3:3+1 values refer to each other in a circle | local.a (a.yaml:3) -> local.b "
     "(a.yaml:4) -> local.c (a.yaml:5) -> local.a. | To fix it, let one of them be written out.\n"},
    {"for_each over a resource",
     "crosstie: 1\nresources:\n  a: {type: null.thing}\n  b: {type: null.thing, for_each: "
     "\"${resource.a.out}\"}\n",
     "a.yaml:4:38+14 value must be known before any resource | In for_each no resource can be "
     "named, because its value is needed first. | To fix it, use variables and locals.\n"},
    {"for_each over a resource through a local",
     "crosstie: 1\nlocals: {o: \"${resource.a.out}\"}\nresources:\n  a: {type: null.thing}\n  b: "
     "{type: null.thing, for_each: \"${local.o}\"}\n",
     "a.yaml:5:35+12 for_each depends on a resource | The keys must be known before any resource, "
     "but they wait for resource.a. | To fix it, use variables and locals.\n"},
    {"for_each over numbers",
     "crosstie: 1\nresources:\n  b: {type: null.thing, for_each: [1, 2]}\n",
     "a.yaml:3:35+1 for_each is no collection | The list holds a number; only strings can be keys. "
     "| \n"},
    {"for_each with a key twice",
     "crosstie: 1\nresources:\n  b: {type: null.thing, for_each: [a, a]}\n",
     "a.yaml:3:35+1 for_each has a key twice | The list holds `a` twice. | To fix it, remove one "
     "of them.\n"},
    {"for_each over a secret",
     "crosstie: 1\nvariables: {s: {sensitive: true, default: [a]}}\nresources:\n  b: {type: "
     "null.thing, for_each: \"${var.s}\"}\n",
     "a.yaml:4:35+10 for_each is sensitive | The keys would be shown in addresses. | \n"},
    {"a when that is text", "crosstie: 1\nresources:\n  a: {type: null.thing, when: maybe}\n",
     "a.yaml:3:31+5 [resource.a] condition is not true or false | `when` gives a string. | To fix "
     "it, compare it with == or !=.\n"},
    {"a dependency that is no reference",
     "crosstie: 1\nresources:\n  a: {type: null.thing, depends_on: [b, resource.c]}\n",
     "a.yaml:3:38+1 dependency is no reference | An entry of `depends_on` must name a resource or "
     "a link. | To fix it, write it like `resource.name` or `link.name.resource`.\n"
     "a.yaml:3:50+1 reference to an unknown name | There is no resource `c`. | Did you mean "
     "`a`?\n"},
    {"depends_on that is no list",
     "crosstie: 1\nresources:\n  a: {type: null.thing, depends_on: resource.a}\n",
     "a.yaml:3:37+10 wrong kind of value | `depends_on` must be a list of references, not a "
     "string. | To fix it, write it like [resource.name].\n"},
    {"an unknown word for adoption",
     "crosstie: 1\nresources:\n  a: {type: null.thing, adopt: takeover}\n",
     "a.yaml:3:32+8 unknown word for adoption | `adopt` cannot be `takeover`. | Did you mean "
     "`take_over`?\n"},
    {"lifecycle with mistakes",
     "crosstie: 1\nresources:\n  a:\n    type: null.thing\n    lifecycle: {prevent_destory: true, "
     "ignore_changes: [{path: txt}, {reason: x}, {path: text, until: 2027-02-30}]}\n",
     "a.yaml:5:17+15 unknown key | `prevent_destory` is no key of `lifecycle`. | Did you mean "
     "`prevent_destroy`?\n"
     "a.yaml:5:64+3 unknown attribute | A path begins with an attribute; `null.thing` has none of "
     "that name. | Did you mean `text`?\n"
     "a.yaml:5:70+1 key is missing | An item of `ignore_changes` needs `path`. | \n"
     "a.yaml:5:103+10 date is not valid | `2027-02-30` is no date. | To fix it, write it like "
     "2027-01-31.\n"},
    {"an unknown provider", "crosstie: 1\nproviders: {kubernets: {}}\n",
     "a.yaml:2:13+9 unknown provider | There is no provider `kubernets`. | Did you mean "
     "`kubernetes`?\n"},
    {"an unknown connection",
     "crosstie: 1\nproviders: {kubernetes.west: {}}\nresources:\n  a: {type: kubernetes.object, "
     "manifest: {}, provider: kubernetes.wset}\n",
     "a.yaml:4:56+15 unknown connection | There is no connection `kubernetes.wset` under "
     "`providers`. | Did you mean `kubernetes.west`?\n"},
    {"a connection of another provider",
     "crosstie: 1\nresources:\n  a: {type: kubernetes.object, manifest: {}, provider: ech}\n",
     "a.yaml:3:56+3 connection of another provider | `kubernetes.object` needs a connection of "
     "`kubernetes`, not `ech`. | \n"},
    {"a connection that waits for a resource",
     "crosstie: 1\nproviders: {ech: {endpoint: \"${resource.a.id}\"}}\nresources: {a: {type: "
     "null.thing}}\n",
     "a.yaml:2:32+13 value must be known before any resource | In the settings of a connection no "
     "resource can be named, because its value is needed first. | To fix it, use variables and "
     "locals.\n"},
    {"an unknown type of a variable", "crosstie: 1\nvariables: {a: {type: strng}}\n",
     "a.yaml:2:13+1 variable has no value | `a` has no default, and no value was given. | To fix "
     "it, give one by -var, by a file with -var-file, or by the environment:\n"
     "  -var a=VALUE\n"
     "  export CROSSTIE_VAR_a=VALUE\n"
     "a.yaml:2:23+5 unknown type of a variable | `strng` is no type. | Did you mean `string`?\n"},
    {"a default of the wrong type", "crosstie: 1\nvariables: {a: {type: string, default: 9.2}}\n",
     "a.yaml:2:40+3 default does not fit the variable | `a` must be a string, not a number. | To "
     "fix it, put the default into quotes.\n"},
    {"a default that is computed",
     "crosstie: 1\nvariables: {a: {default: \"${var.b}\"}, b: {default: 1}}\n",
     "a.yaml:2:26+10 default is not constant | A default is taken as it is written and cannot hold "
     "`${...}`. | To fix it, compute the value under `locals`, or write $${ for the two characters "
     "themselves.\n"},
    {"a broken expression",
     "crosstie: 1\nlocals:\n  a: \"x ${var.} y\"\n  b: \"${foo(1)}\"\n  c: \"${HOME}/bin\"\n",
     "a.yaml:3:15+1 expression is not well-formed | `}` stands where a name after the dot is "
     "expected. | \n"
     "a.yaml:4:9+3 expression is not well-formed | There is no function `foo`. | There are "
     "`base64decode`, `base64encode`, `coalesce`, `concat`, `contains`, `file`, `format`, `join` "
     "and 12 more.\n"
     "a.yaml:5:9+4 expression is not well-formed | `HOME` is no value; references begin with var., "
     "local., link., resource. or each. | To fix it, put text into quotes; for the two characters "
     "${ themselves write $${.\n"},
    {"an expression in a key", "crosstie: 1\nlocals: {a: {\"${b}\": 1}}\n", ""},
    {"an error at evaluation",
     "crosstie: 1\nlocals: {l: [1], a: \"${local.l[3]}\", b: \"${format(\\\"%d\\\", "
     "\\\"x\\\")}\"}\n",
     "a.yaml:2:24+10 index is outside the list | The list has 1 item, counted from 0. | \n"
     "a.yaml:2:44+21 function cannot be computed | In format(): Value 1, a string, cannot be "
     "written as %d. | \n"},
    {"a list in a text", "crosstie: 1\nlocals: {l: [1], a: \"x-${local.l}\"}\n",
     "a.yaml:2:26+7 value cannot be part of a text | The expression gives a list, which has no "
     "form as text. | To fix it, use join() or jsonencode().\n"},
    {"a link without model", "crosstie: 1\nlinks: {a: {}}\n",
     "a.yaml:2:9+1 link has no model | The keys `model` and `blueprint` are both missing. | To fix "
     "it, add `model: api_key`.\n"},
    {"an unknown model", "crosstie: 1\nlinks: {a: {model: apikey}}\n",
     "a.yaml:2:20+6 unknown model of a link | There is no model `apikey`. | Did you mean "
     "`api_key`?\n"},
    {"a model without a blueprint", "crosstie: 1\nlinks: {a: {model: certificate}}\n",
     "a.yaml:2:20+11 model has no blueprint | This crosstie has no blueprint for the model "
     "`certificate`. | To fix it, name one with `blueprint:`.\n"},
    {"an unknown blueprint", "crosstie: 1\nlinks: {a: {blueprint: ech-to-eck-apikey}}\n",
     "a.yaml:2:24+17 unknown blueprint | There is no built-in blueprint `ech-to-eck-apikey`. | Did "
     "you mean `ech-to-eck-api-key`? A file is named with its path, like "
     "./ech-to-eck-apikey.yaml.\n"},
    {"a blueprint file that is not there", "crosstie: 1\nlinks: {a: {blueprint: ./none.yaml}}\n",
     "a.yaml:2:24+11 blueprint cannot be read | The file none.yaml cannot be read: there is no "
     "such file. | To fix it, check the path; it begins at the folder of the configuration.\n"},
    {"a link with wrong inputs",
     "crosstie: 1\nlinks:\n  logs:\n    model: api_key\n    local: {ech: {deployment: x}}\n    "
     "acces: {}\n    ca: private\n    skip_unavailable: \"yes\"\n",
     "a.yaml:3:3+4 input is missing | The blueprint `ech-to-eck-api-key` needs `remote`: the "
     "remote end, {eck: {name: NAME, namespace: NAMESPACE}}. | To fix it, add `remote:` to the "
     "link.\n"
     "a.yaml:3:3+4 input is missing | The blueprint `ech-to-eck-api-key` needs `access`: what the "
     "key may do on the remote, as the Elasticsearch API takes it. | To fix it, add `access:` to "
     "the link.\n"
     "a.yaml:6:5+5 unknown input | The blueprint `ech-to-eck-api-key` has no input `acces`. | Did "
     "you mean `access`?\n"
     "a.yaml:7:9+7 value does not fit the input | `ca` must be one of `eck` and `public`. | \n"
     "a.yaml:8:23+5 value does not fit the input | `skip_unavailable` must be true or false, not a "
     "string. | \n"},
    {"an alias in capital letters",
     "crosstie: 1\nlinks:\n  Logs: {model: api_key, local: {ech: {deployment: x}}, remote: {eck: "
     "{name: q}}, access: {}}\n  b: {model: api_key, alias: -b, local: {ech: {deployment: x}}, "
     "remote: {eck: {name: q}}, access: {}}\n",
     "a.yaml:3:3+4 alias is not valid | `Logs` cannot be the alias of a remote cluster. | To fix "
     "it, add `alias:` with lower case letters, digits, `-` and `_`, not beginning with `-`.\n"
     "a.yaml:4:30+2 alias is not valid | `-b` cannot be the alias of a remote cluster. | To fix "
     "it, use lower case letters, digits, `-` and `_`, and do not begin with `-`.\n"},
    {"an end without its name",
     "crosstie: 1\nlinks:\n  logs: {model: api_key, local: {ech: {deployment: x}}, remote: {eck: "
     "{nam: q}}, access: {}}\n",
     "built-in blueprint api_key:23:97+4 object has no such attribute | The object has no "
     "attribute `name`. It is so in the link `logs`. | Did you mean `nam`?\n"
     "built-in blueprint api_key:31:24+4 [link.logs.cluster] object has no such attribute | The "
     "object has no attribute `name`. The link `logs` (a.yaml:3) uses it so. | Did you mean "
     "`nam`?\n"},
    {"an unknown attribute of a link",
     "crosstie: 1\nlinks:\n  logs: {model: api_key, local: {ech: {deployment: x}}, remote: {eck: "
     "{name: q}}, access: {}}\noutputs: {a: \"${link.logs.proxy_adress}\", b: \"${link.logs}\", c: "
     "\"${link.log.alias}\"}\n",
     "a.yaml:4:27+12 unknown attribute | The link `logs` has no attribute `proxy_adress`. | Did "
     "you mean `proxy_address`?\n"
     "a.yaml:4:49+9 link without an attribute | A link as a whole has no value. | To fix it, take "
     "one of its attributes: `alias`, `local`, `remote`, `proxy_address`, `connected`, `access`, "
     "`skip_unavailable`, `ca` and 3 more.\n"
     "a.yaml:4:73+3 reference to an unknown name | There is no link `log`. | Did you mean "
     "`logs`?\n"},
    {"links in a circle",
     "crosstie: 1\nlinks:\n  a: {model: api_key, local: {ech: {deployment: \"${link.b.remote}\"}}, "
     "remote: {eck: {name: q}}, access: {}}\n  b: {model: api_key, local: {ech: {deployment: x}}, "
     "remote: {eck: {name: \"${link.a.local}\"}}, access: {}}\n",
     "a.yaml:3:23+5 values refer to each other in a circle | link.a.var.local (a.yaml:3) -> "
     "link.b.output.remote (built-in blueprint api_key:141) -> link.b.var.remote (a.yaml:4) -> "
     "link.a.output.local (built-in blueprint api_key:140) -> link.a.var.local. | To fix it, let "
     "one of them be written out.\n"
     "built-in blueprint api_key:40:17+29 [link.a.deployment] wrong type of an argument | "
     "`deployment` must be a string, not an object. The link `a` (a.yaml:3) uses it so. | \n"},
    {"ends with different connections",
     "crosstie: 1\nproviders: {kubernetes.a: {}, kubernetes.b: {}}\nlinks:\n  a: {model: api_key, "
     "local: {eck: {deployment: x, provider: kubernetes.a}}, remote: {eck: {name: q, provider: "
     "kubernetes.b}}, access: {}}\n",
     "a.yaml:4:112+12 ends choose different connections | One end chooses `kubernetes.a`, the "
     "other `kubernetes.b`, but the resources of a link share one connection of each provider. | "
     "To fix it, use a blueprint of your own, with `provider` on its resources.\n"
     "built-in blueprint api_key:40:30+3 [link.a.deployment] object has no such attribute | The "
     "object has no attribute `ech`. The link `a` (a.yaml:4) uses it so. | Did you mean `eck`?\n"},
    {"a secret beside another mistake",
     "crosstie: 1\nvariables: {t: {sensitive: true, default: hunter2, tpye: string}}\nresources:\n "
     " a: {type: null.thing, txt: x, password: hunter2}\n",
     "a.yaml:2:52+4 unknown key | `tpye` is no key of a variable. | Did you mean "
     "`type`?\n"
     "a.yaml:4:25+3 unknown argument | `null.thing` has no argument `txt`. | Did you mean `text`?\n"
     "a.yaml:4:43+11 secret is written out | `password` is a secret, and a secret must not stand "
     "in a configuration file. | To fix it, give it by reference: {env: NAME}, {file: PATH}, "
     "{command: [PROGRAM, ARGUMENT]}, {kubernetes_secret: {namespace: NAMESPACE, name: NAME, key: "
     "KEY}}, or a sensitive variable.\n"},
    {"several errors in one run",
     "crosstie: 1\nvariables: {a: {type: strin}}\nlocals: {b: \"${var.c}\"}\nresources:\n  d: "
     "{type: null.thing, text: 1, nmber: 2}\noutputs: {e: \"${local.f}\"}\n",
     "a.yaml:2:13+1 variable has no value | `a` has no default, and no value was given. | To fix "
     "it, give one by -var, by a file with -var-file, or by the environment:\n"
     "  -var a=VALUE\n"
     "  export CROSSTIE_VAR_a=VALUE\n"
     "a.yaml:2:23+5 unknown type of a variable | `strin` is no type. | Did you mean `string`?\n"
     "a.yaml:3:20+1 reference to an unknown name | There is no variable `c`. | Did you mean `a`?\n"
     "a.yaml:5:31+1 wrong type of an argument | `text` must be a string, not a number. | To fix "
     "it, put the value into quotes.\n"
     "a.yaml:5:34+5 unknown argument | `null.thing` has no argument `nmber`. | Did you mean "
     "`number`?\n"
     "a.yaml:6:23+1 reference to an unknown name | There is no local value `f`. | Did you mean "
     "`b`?\n"},
};

TEST(BadInput, every_mistake_is_told_in_full) {
  for (const Bad& bad : kBad) EXPECT_EQ(load(bad.text).errors, bad.told) << bad.reason;
  EXPECT_GE(std::size(kBad), 40U);
}

TEST(BadInput, a_secret_in_a_file_is_in_no_message) {
  for (const Bad& bad : kBad)
    for (const Diagnostic& error : load(bad.text).diagnostics) {
      EXPECT_EQ(format_diagnostic(error).find("hunter2"), std::string::npos) << bad.reason;
    }
}

TEST(BadInput, the_same_name_in_two_files_names_both_places) {
  const Folder folder;
  folder.write("a.yaml", "crosstie: 1\nlocals: {x: 1}\n");
  folder.write("b.yaml", "locals:\n  x: 2\n");
  std::string errors = load_with(folder, options_for(folder)).errors;
  EXPECT_EQ(errors,
            "b.yaml:2:3+1 name is used twice | There is a local value `x` at a.yaml:2:10 already. "
            "| To fix it, rename one of the two.\n");
}

TEST(BadInput, an_empty_folder_and_a_missing_one_are_told_apart) {
  const Folder folder;
  EXPECT_EQ(
      load_with(folder, options_for(folder)).errors,
      "folder has no configuration | No file *.yaml of the folder has a top-level key `crosstie:`. "
      "| To fix it, go to the folder of the configuration, or begin one with\n  crosstie init\n");
  LoadOptions options = options_for(folder);
  options.folder = folder.path() / "none";
  EXPECT_EQ(
      load_with(folder, options).errors,
      "folder cannot be read | The folder none cannot be read: No such file or directory. | To fix "
      "it, go to the folder of the configuration, or name it with\n  crosstie -chdir=FOLDER ...\n");
}

TEST(BadInput, a_bomb_of_aliases_ends_in_an_error) {
  std::string text = "crosstie: 1\nlocals:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string one = "*a" + std::to_string(i - 1);
    text += "  a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + one;
    for (int j = 0; j < 9; ++j) text += ", " + one;
    text += "]\n";
  }
  const LoadedFolder f = load(text);
  ASSERT_EQ(f.diagnostics.size(), 1U);
  EXPECT_EQ(f.diagnostics[0].summary, "aliases expand to too much");
}

TEST(BadInput, deep_nesting_and_large_files_end_in_an_error) {
  const LoadedFolder deep =
      load("crosstie: 1\nlocals: {a: " + std::string(70, '[') + std::string(70, ']') + "}\n");
  ASSERT_EQ(deep.diagnostics.size(), 1U);
  EXPECT_EQ(deep.diagnostics[0].summary, "file is nested too deeply");
  const LoadedFolder deeper = load("crosstie: 1\nlocals: {a: " + std::string(20000, '[') + "}\n");
  EXPECT_EQ(deeper.diagnostics.size(), 1U);
  const LoadedFolder large =
      load("crosstie: 1\n#" + std::string(std::size_t{33} << 20, 'x') + "\n");
  ASSERT_EQ(large.diagnostics.size(), 1U);
  EXPECT_EQ(large.diagnostics[0].summary, "file cannot be read");
}

TEST(BadInput, a_long_chain_of_locals_ends_in_an_error) {
  std::string text = "crosstie: 1\nlocals:\n";
  for (int i = 0; i < 3000; ++i)
    text += "  l" + std::to_string(i) + ": \"${local.l" + std::to_string(i + 1) + "}\"\n";
  const LoadedFolder f = load(text + "  l3000: 1\n");
  ASSERT_FALSE(f.diagnostics.empty());
  EXPECT_EQ(f.diagnostics[0].summary, "references are chained too deeply");
}

TEST(BadInput, errors_beyond_the_limit_are_counted) {
  std::string text = "crosstie: 1\nresources:\n";
  for (int i = 0; i < 500; ++i) text += "  r" + std::to_string(i) + ": {type: null.nothing}\n";
  const LoadedFolder f = load(text);
  ASSERT_EQ(f.diagnostics.size(), 201U);
  EXPECT_EQ(f.diagnostics[200].detail, "300 more errors are not shown.");
}

TEST(BadInput, a_mistake_in_a_blueprint_is_told_once_and_one_in_its_use_for_each_link) {
  const Folder folder;
  folder.write("a.yaml",
               "crosstie: 1\nlinks:\n  x: {blueprint: ./b.yaml}\n  y: {blueprint: ./b.yaml}\n");
  folder.write("b.yaml",
               "blueprint: 1\ninputz: {}\nlocals: {l: \"${var.nope}\", m: \"${link.x.y}\", n: "
               "\"${lookup({}, 'a')}\"}\nresources:\n  a: {type: null.thing, number: x, flag: "
               "\"${format('%s', 1)}\"}\n");
  EXPECT_EQ(
      load_with(folder, options_for(folder)).errors,
      "b.yaml:2:1+6 unknown key | `inputz` is no key of a blueprint. | Did you mean `inputs`?\n"
      "b.yaml:3:20+4 reference to an unknown name | There is no input `nope`. | \n"
      "b.yaml:3:34+8 link inside a blueprint | A blueprint knows only its inputs, locals and "
      "resources. | To fix it, give the value by an input.\n"
      "b.yaml:3:52+15 function cannot be computed | In lookup(): The object has no member of that "
      "name, and no default is given. It is so in the link `x`. | \n"
      "b.yaml:3:52+15 function cannot be computed | In lookup(): The object has no member of that "
      "name, and no default is given. It is so in the link `y`. | \n"
      "b.yaml:5:33+1 wrong type of an argument | `number` must be a number, not a string. | To fix "
      "it, take the quotes away.\n"
      "b.yaml:5:42+20 [link.x.a] wrong type of an argument | `flag` must be true or false, not a "
      "string. The link `x` (a.yaml:3) uses it so. | To fix it, take the quotes away.\n"
      "b.yaml:5:42+20 [link.y.a] wrong type of an argument | `flag` must be true or false, not a "
      "string. The link `y` (a.yaml:4) uses it so. | To fix it, take the quotes away.\n");
}

}  // namespace
}  // namespace crosstie
