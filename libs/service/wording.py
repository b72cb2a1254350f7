"""Words of errors in Chinese and English, where the error itself has one language only; codes never change."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from libs.service.wording_of_services import CHINESE, ENGLISH

TITLES: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        400: ("请求有误", "Bad request"),
        401: ("请先登录", "Sign in first"),
        403: ("没有权限", "Not allowed"),
        404: ("没有找到", "Not found"),
        405: ("不支持的方法", "Method not allowed"),
        406: ("没有所要的格式", "Not acceptable"),
        408: ("请求超时", "Request timed out"),
        409: ("与现状冲突", "Conflict"),
        412: ("内容已被他人修改", "Changed by somebody else"),
        413: ("内容太大", "Too large"),
        415: ("不支持的文件或内容类型", "Unsupported kind of content"),
        422: ("内容不符合要求", "Content refused"),
        428: ("缺少版本条件", "Version condition required"),
        429: ("请求太频繁", "Too many requests"),
        500: ("服务器内部错误", "Internal error"),
        503: ("服务暂时不可用", "Temporarily unavailable"),
    }
)

DETAILS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "access.unauthenticated": (
            "请先登录，或使用有效的访问令牌。",
            "Sign in first, or send exactly one good bearer token.",
        ),
        "mapping.malformed": (
            '列名对应应为 JSON 对象，如 {"身份证号":"证件号码"}。',
            "A mapping is a JSON object: their heading, our column.",
        ),
        "mapping.unknown_kind": ("没有这一类名册，见 errors。", "There is no such kind of list; see errors."),
        "mapping.unknown_column": (
            "列名对应指向了没有的列，见 errors。",
            "The mapping names a column that no form of this kind has; see errors.",
        ),
        "mapping.heading_twice": (
            "同一个列名只能对应一列，见 errors。",
            "One heading stands for one column only; see errors.",
        ),
        "mapping.column_twice": (
            "两个列名不能对应同一列，见 errors。",
            "Two headings cannot stand for one column; see errors.",
        ),
        "mapping.heading_form": (
            "列名应为1至60个字，不含控制字符。",
            "A heading has 1 to 60 characters, none of them a control character.",
        ),
        "mapping.too_many": ("最多对应64列。", "A mapping holds at most 64 headings."),
        "mapping.stale": (
            "列名对应刚被他人保存或修改，请重新读取后再改。",
            "Somebody else kept or changed this mapping: read it again, then change it.",
        ),
        "registry.merged": (
            "这份档案已并入另一份，请看保留的那一份。",
            "This record was merged into another: look at the one that stays.",
        ),
        "registry.survivor_merged": (
            "保留的档案后来又并入了另一份，请先撤销那一次合并。",
            "The record that stayed was itself merged later: undo that merge first.",
        ),
        "registry.not_merged": ("这两份档案没有合并。", "These two records are not merged."),
        "registry.erased": (
            "其中一人的信息已依法删除，不能再作决定。",
            "The data of one of them were erased; nothing new may be kept.",
        ),
        "registry.pair_decided": (
            "这一对已经定了；要改，请先撤销。",
            "This pair is decided already: undo the decision first.",
        ),
        "registry.pair_closed": (
            "这一对已不需要决定：有一份已合并或已删除，或者两份不再相像。",
            "There is nothing to decide any more: a record was merged or erased, or they are no longer alike.",
        ),
        "registry.pair_not_decided": ("这一对还没有定，不能撤销。", "This pair is not decided: nothing to undo."),
        "registry.pair_decided_above": (
            "这一对是由管辖两份档案的上级单位定的，只能由上级撤销。",
            "A unit above both records decided this pair; only such a unit takes it back.",
        ),
        "registry.pair_spoken_above": (
            "上级单位已代表本方表示了意见，请由上级更改。",
            "The unit above yours has said what this side thinks: ask it to change that.",
        ),
        "rights.consent_not_needed": (
            "这项用途是履行法定职责所必需，不以同意为前提，只须告知。",
            "This purpose rests on lawful duty: she is told about it, and not asked (PIPL art. 13 (3), 35).",
        ),
        "rights.no_consent": (
            "这项用途没有有效的同意，无从撤回。",
            "She has not agreed to this purpose, so there is nothing to withdraw.",
        ),
        "rights.guardian_needed": (
            "她不满十四周岁，须由父母或其他监护人同意。",
            "She is under 14: a parent or guardian consents for her (PIPL art. 31).",
        ),
        "rights.guardian_not_needed": (
            "她已满十四周岁，由本人同意。",
            "She is 14 or older and consents herself.",
        ),
        "rights.guardian_unnamed": (
            "监护人同意的，须写明监护人姓名和与她的关系。",
            "Name the guardian, and what he or she is to her.",
        ),
        "rights.correction_incomplete": (
            "申请更正的须写明更正哪一项、更正为什么；申请查阅复制的不写这两项。",
            "A correction names the field and what is to stand there; a request for a copy names neither.",
        ),
        "rights.wanted_wrong": (
            "更正后的内容不符合该项的填写要求，见 errors。",
            "The wanted value has not the form of this field; see errors.",
        ),
        "rights.id_taken": (
            "这个证件号码已属另一份记录；两份记录已列入疑似重复，请先在那里核实。",
            "Another record bears this id. The pair now waits among the likely duplicates: decide it there first.",
        ),
        "rights.answered_already": ("这项申请已经办结。", "This request was answered already."),
        "rights.restricted_already": ("已经在限制处理。", "Processing is restricted already."),
        "rights.not_restricted": (
            "没有限制处理，无从解除。",
            "Processing is not restricted, so nothing can be lifted.",
        ),
        "rights.restricted": (
            "这份记录正在限制处理，只能保存和保护。",
            "Processing of this record is restricted: it may only be stored and protected.",
        ),
        "rights.in_the_future": ("日期还没有到。", "The day has not come yet: only what has happened is written down."),
        "rights.before_it_began": (
            "日期早于申请、同意或限制的日期，见 errors。",
            "The day is before the request, consent or restriction that it ends; see errors.",
        ),
        "registry.pair_survivor": (
            "认定为同一人时要指明保留哪一份；认定不是同一人时不填。",
            "Name the record that stays with `same`, and only then.",
        ),
        "access.sign_in_refused": (
            "用户名、密码或动态码不正确；连续输错5次后锁定15分钟。",
            "Wrong user name, password or code; after 5 wrong ones in a row the account is locked for 15 minutes.",
        ),
        "access.password_change_required": (
            "这是一次性密码，请先修改密码。",
            "This password is for one use: change it first (POST /access/v1/password).",
        ),
        "access.second_factor_required": (
            "您的角色必须使用动态码，请先在控制台登录并绑定手机。",
            "Your role signs in with a second factor: enrol it on the console, or by POST /access/v1/second-factor.",
        ),
        "access.claims_unknown": (
            "登录提供方没有给出本系统认识的角色或单位，请联系安全管理员。",
            "Your sign-in provider names no role or unit known here: ask the security administrator.",
        ),
        "access.agreement_missing": (
            "令牌没有说明协议；请用登录提供方的令牌在 POST /access/v1/token 换取。",
            "The token names no agreement: exchange your provider's token at POST /access/v1/token.",
        ),
        "access.second_factor_unproven": (
            "管理员和审计员必须用双因子登录，登录提供方没有证明这一点。",
            "Administrators and auditors sign in with two factors, and your provider did not say so (acr, amr).",
        ),
        "access.agreement_terms": (
            "协议的内容不符合要求，见 errors。",
            "The agreement names what a partner may not have or what is not known here; see errors.",
        ),
        "access.agreement_days": (
            "有效期止不能早于有效期起。",
            "An agreement does not end before it begins: valid_to >= valid_from.",
        ),
        "access.agreement_taken": (
            "该单位已有同名的协议，请换一个名称。",
            "The unit has an agreement of this name: choose another.",
        ),
        "access.agreement_closed": (
            "协议已终止，不能再改；请另立新协议。",
            "The agreement is closed and stays as it is: make a new one.",
        ),
        "access.agreement_division": (
            "客户端的辖区不在协议的辖区之内。",
            "The client's unit does not lie inside its agreement's.",
        ),
        "access.agreement_not_in_force": (
            "协议已终止或已到期，不能再为它登记客户端。",
            "The agreement is closed or over: no client may be put under it.",
        ),
        "access.scope_above": (
            "客户端只能有其协议之内的权限，且至少一项，见 errors。",
            "A client has one scope or more, all of them inside its agreement; see errors.",
        ),
        "access.measure": ("没有这种措施，见 errors。", "Unknown measure; see errors."),
        "access.scope_missing": (
            "您的账号没有这项权限，所缺权限见 errors。",
            "Your role lacks the scope named in errors.",
        ),
        "access.level_below": (
            "这一步由上级单位办理，所需级别见 errors。",
            "This step is taken by a unit of a higher level; see errors.",
        ),
        "access.role_not_allowed": ("这项操作不属于您的角色。", "This is not for your role."),
        "access.measure_outside": (
            "您的账号限于部分措施，这项操作涉及其他措施，见 errors。",
            "Your account is limited to some measures, and this touches others; see errors.",
        ),
        "access.purpose_missing": (
            "请在请求头 Purpose 中说明目的，可用的目的见 errors。",
            "State the purpose in the header Purpose; the purposes that are allowed stand in errors.",
        ),
        "access.purpose_unknown": ("没有这种目的，可用的目的见 errors。", "Unknown purpose; see errors."),
        "access.purpose_refused": (
            "不能为这个目的做这项操作，允许的目的见 errors。",
            "Not for this purpose; the purposes that are allowed stand in errors.",
        ),
        "access.file_not_agreed": (
            "这个文件含有您不能看的字段，请改用 JSON。",
            "The file holds fields that you may not see: ask for JSON, which is cut to yours.",
        ),
        "access.reason_missing": (
            "读取明文须在 reason 中说明理由（至少5个字；走访、核实等可写代码，其他须写明），并会留下记录。",
            "What is read in clear needs a reason, which is kept: a code such as visit, else at least 5 characters.",
        ),
        "access.cross_site": (
            "请求不是从本站页面发出的，已拒绝；请刷新页面后重试。",
            "The request did not come from a page of this site; reload the page and try again.",
        ),
        "common.invalid": ("有内容不符合要求，见 errors。", "Some values are not right; see errors."),
        "common.readers_not_well": (
            "有处理环节落后、停下或需要人处理，请运行 jinguo doctor。",
            "A reader is late, has stopped or needs a person: run jinguo doctor.",
        ),
        "common.malformed": ("请求内容不是正确的 JSON。", "The body is not well-formed JSON."),
        "common.not_found": ("没有找到，或不在您的管辖范围内。", "There is no such thing in your units."),
        "common.no_route": ("没有这个地址。", "There is no such address."),
        "common.method_not_allowed": ("这个地址不支持该方法。", "This address does not take that method."),
        "common.unknown_parameter": ("有不认识的查询参数，见 errors。", "Unknown query parameter; see errors."),
        "common.repeated_parameter": ("查询参数重复，见 errors。", "A query parameter is given twice; see errors."),
        "common.body_too_slow": (
            "请求内容没有在规定时间内传完，请检查网络后重试。",
            "The body did not arrive in time; look at the line and send it again.",
        ),
        "common.too_slow": (
            "处理时间太长，已停止，什么都没有登记；请稍后带同一个 Idempotency-Key 重试。",
            "It took too long and was stopped; ask again, with the same Idempotency-Key nothing doubles.",
        ),
        "common.content_type": (
            "这个地址只接收 JSON（Content-Type: application/json）。",
            "This address takes JSON only (Content-Type: application/json).",
        ),
        "common.content_encoding": (
            "不接收压缩的请求内容，请去掉 Content-Encoding。",
            "A packed body is not taken: send it without Content-Encoding.",
        ),
        "common.too_many": (
            "请求太频繁，请按 Retry-After 的秒数等待后再试。",
            "Too many requests: wait as many seconds as Retry-After says.",
        ),
        "consistency.not_reached": (
            "所等的写入尚未到达这里，请稍后再试。",
            "What you wait for has not arrived here yet: ask again in a moment.",
        ),
        "consistency.after_event": (
            "After-Event 应为写操作回答里的 Event-Id。",
            "After-Event is the Event-Id of a write's answer.",
        ),
        "consistency.unknown_source": (
            "本服务不读取该来源的事件；同一服务的写入请用 Read-Token。",
            "This service does not read that source; for its own writes send Read-Token.",
        ),
        "event.parked": (
            "所等的事件无法处理，已搁置，等人处理；等待没有用。",
            "The event could not be taken and waits for a person: no waiting makes it appear.",
        ),
        "common.if_match_missing": (
            "修改时必须带请求头 If-Match（读取时得到的 ETag）。",
            "A change names the version it is made to: send If-Match with the ETag that was read.",
        ),
        "common.internal": (
            "服务器出错，请把错误编号告诉管理员。",
            "Something went wrong here; give the trace id to your administrator.",
        ),
        "database.unavailable": (
            "数据库暂时没有回答，请稍后再试；带同一个 Idempotency-Key 重试不会重复登记。",
            "The database does not answer at this moment; ask again, with the same Idempotency-Key nothing doubles.",
        ),
        "events.stale": (
            "内容刚被他人修改，请重新读取后再改。",
            "It was changed by somebody else in the meantime: read it again.",
        ),
        "idempotency.key_reused": (
            "这个 Idempotency-Key 已用于另一个请求，请换一个。",
            "This Idempotency-Key was used for another request: send a fresh one.",
        ),
        "idempotency.in_progress": (
            "同一请求正在处理，请稍后用同一个 Idempotency-Key 再问。",
            "The same request is being handled: ask again with the same key in a moment.",
        ),
        "idempotency.key_missing": (
            '写操作必须带请求头 Idempotency-Key，例如 "0190c2c0-7f00-7000-8000-000000000001"。',
            'Send a header like Idempotency-Key: "0190c2c0-7f00-7000-8000-000000000001" with every write.',
        ),
        "idempotency.key_malformed": (
            "请求头 Idempotency-Key 应为1至128个可见字符。",
            "Idempotency-Key is 1 to 128 visible characters, quoted or bare.",
        ),
        "registry.divisions_busy": (
            "另一个区划导入正在进行，请等它结束后再导入。",
            "Another import of divisions is running: bring yours when it has ended.",
        ),
        "registry.divisions_late": (
            "区划已记下，但还没有生效，请稍后重新导入同一份表。",
            "It is written but cannot be read yet: import the same file again in a moment.",
        ),
        "registry.not_text": (
            "文件的编码既不是UTF-8也不是GBK。",
            "The file is neither UTF-8 nor GBK.",
        ),
        "registry.not_a_change_list": (
            "这不是区划变更表，表头见 errors。",
            "This is no list of changes; its header stands in errors.",
        ),
        "registry.not_both_sides": (
            "新单位不在您的辖区内，须由同时管辖两边的上级单位决定。",
            "The new unit is not in your units: who holds both sides decides.",
        ),
        "registry.nothing_to_decide": (
            "该单位没有待定的事项，可能已由他人决定。",
            "Nothing is open for this unit; somebody may have decided it already.",
        ),
        "registry.decide_the_unit": (
            "整个单位换代码，请按单位决定，各户随之。",
            "The whole unit gets another code: decide for it, its households follow.",
        ),
        "registry.not_a_part": (
            "该单位没有变成所写的单位，应为的单位见 errors。",
            "The unit did not become this one; what it became stands in errors.",
        ),
        "registry.would_join": (
            "新代码上是另一个名称的单位；确要并入，请注明并入（join）。",
            "The new code is a unit of another name: say join, if it takes this one in.",
        ),
        "registry.division_not_there": (
            "没有这个现行的区划，请先导入列有它的区划表。",
            "There is no such living division: import the list that names it first.",
        ),
        "registry.unit_or_household": (
            "每项决定写 code（整个单位）或 household_id（一户），只写其一。",
            "A decision names a code (the whole unit) or a household_id, one of the two.",
        ),
        "paging.unknown_field": (
            "fields 里有列表项没有的字段，可用的字段见 errors。",
            "An item has no field of this name; see errors.",
        ),
        "paging.cursor_bad": ("游标无效，请从第一页重新开始。", "The cursor is not good: start at the first page."),
        "paging.cursor_other_filter": (
            "游标属于另一组筛选条件，请从第一页重新开始。",
            "The cursor belongs to other filters: start at the first page.",
        ),
    }
)

VALIDATION: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "missing": ("必填", "required"),
        "extra_forbidden": ("不认识的字段", "unknown field"),
        "unknown_parameter": ("不认识的查询参数", "unknown query parameter"),
        "repeated_parameter": ("只能出现一次", "may be given once only"),
        "json_invalid": ("不是正确的 JSON", "not well-formed JSON"),
        "uuid_parsing": ("应为 UUID", "must be a UUID"),
        "int_parsing": ("应为整数", "must be a whole number"),
        "int_type": ("应为整数", "must be a whole number"),
        "string_type": ("应为文字", "must be text"),
        "bool_parsing": ("应为 true 或 false", "must be true or false"),
        "date_from_datetime_parsing": ("应为日期，例如 2016-05-03", "must be a date such as 2016-05-03"),
        "date_parsing": ("应为日期，例如 2016-05-03", "must be a date such as 2016-05-03"),
    }
)


def title_of(status: int, language: str) -> str:
    """The title of a status in `zh` or `en`."""
    titles = TITLES.get(status) or TITLES[400 if status < 500 else 500]
    return titles[language == "en"]


def detail_of(code: str, language: str, default: str) -> str:
    """Our own words for a code in `zh` or `en`, else the message the error came with."""
    words = DETAILS.get(code)
    if words is not None:
        return words[language == "en"]
    return (ENGLISH if language == "en" else CHINESE).get(code, default)


def validation_of(kind: str, language: str, default: str) -> str:
    """What is wrong with a field, from pydantic's error type."""
    words = VALIDATION.get(kind)
    return words[language == "en"] if words else default
