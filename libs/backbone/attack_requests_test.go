package backbone_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// request is an attempt of customs, and the account in which the same, asked by who may, is granted; "" for one of a
// class that has another control.
type request struct {
	name, subject string
	body          any
	control       string
}

type body = map[string]any

// reading asks for a consumer of the stream.
func reading(stream, name string, more body) body {
	config := body{"name": name, "ack_policy": "none", "deliver_policy": "all"}
	for key, value := range more {
		config[key] = value
	}
	return body{"stream_name": stream, "config": config}
}

// drawing asks for a stream that is fed from another.
func drawing(name string, more body) body {
	config := body{"name": name, "storage": "file"}
	for key, value := range more {
		config[key] = value
	}
	return config
}

// requests are everything that JetStream and the server can be asked, by class, against others and against what the own
// relay and feed must keep.
func requests(s *scene) map[string][]request {
	key := s.hub.PublicKey
	secret := body{"filter_subject": "block.licensing.secret"}
	wide := reading("J_LICENSING", "x", body{"filter_subject": "block.licensing.>", "deliver_subject": "dlv.x"})
	external := body{"name": "J_LICENSING", "external": body{"api": "imp.licensing"}}
	return map[string][]request{
		"stream info": {
			{"names", "$JS.API.STREAM.NAMES", nil, "licensing"},
			{"names by subject", "$JS.API.STREAM.NAMES", body{"subject": "block.licensing.>"}, "licensing"},
			{"list", "$JS.API.STREAM.LIST", nil, "licensing"},
			{"list by subject", "$JS.API.STREAM.LIST", body{"subject": "block.licensing.secret"}, "licensing"},
			{"account information", "$JS.API.INFO", nil, "licensing"},
			{"another's relay", "$JS.API.STREAM.INFO.J_LICENSING", nil, "licensing"},
			{"another's relay with its subjects", "$JS.API.STREAM.INFO.J_LICENSING", body{"subjects_filter": ">"}, "licensing"},
			{"a relay by import", "imp.licensing.STREAM.INFO.J_LICENSING", nil, ""},
			{"another domain", "$JS.hub.API.STREAM.INFO.J_LICENSING", nil, "licensing"},
			{"a domain that there is not", "$JS.police.API.STREAM.INFO.FEED", nil, ""},
			{"the hub's state", "$JS.API.STREAM.INFO.STATE", nil, "$hub"},
		},
		"message get": {
			{"by number", "$JS.API.STREAM.MSG.GET.J_LICENSING", body{"seq": 1}, "licensing"},
			{"last by subject", "$JS.API.STREAM.MSG.GET.J_LICENSING", body{"last_by_subj": "block.licensing.secret"}, "licensing"},
			{"next by subject", "$JS.API.STREAM.MSG.GET.J_LICENSING", body{"seq": 1, "next_by_subj": "block.licensing.>"}, "licensing"},
			{"by import", "imp.licensing.STREAM.MSG.GET.J_LICENSING", body{"seq": 1}, ""},
			{"of the own feed", "$JS.API.STREAM.MSG.GET.FEED", body{"seq": 1}, "customs"},
			{"of the hub's state", "$JS.API.STREAM.MSG.GET.STATE", body{"seq": 1}, ""},
		},
		"direct get": {
			{"by number", "$JS.API.DIRECT.GET.J_LICENSING", body{"seq": 1}, ""},
			{"by subject", "$JS.API.DIRECT.GET.J_LICENSING.block.licensing.secret", nil, ""},
			{"last by subject", "$JS.API.DIRECT.GET.J_LICENSING", body{"last_by_subj": "block.licensing.secret"}, ""},
			{"in batches", "$JS.API.DIRECT.GET.J_LICENSING", body{"seq": 1, "batch": 10}, ""},
			{"last of several", "$JS.API.DIRECT.GET.J_LICENSING", body{"multi_last": []string{">"}}, ""},
			{"by import", "imp.licensing.DIRECT.GET.J_LICENSING", body{"seq": 1}, ""},
			{"own feed", "$JS.API.DIRECT.GET.FEED", body{"seq": 1}, ""},
			{"own feed by subject", "$JS.API.DIRECT.GET.FEED.feed.licensing.border", nil, ""},
			{"a stream that allows it", "$JS.API.DIRECT.GET.SCRATCH", body{"seq": 1}, "scratch"},
		},
		"consumer": {
			{"filter in the subject", "$JS.API.CONSUMER.CREATE.J_LICENSING.x.block.licensing.secret", reading("J_LICENSING", "x", secret), "licensing"},
			{"filter in the body", "$JS.API.CONSUMER.CREATE.J_LICENSING.y", reading("J_LICENSING", "y", secret), "licensing"},
			{"several filters", "$JS.API.CONSUMER.CREATE.J_LICENSING.z", reading("J_LICENSING", "z",
				body{"filter_subjects": []string{"block.licensing.secret", "block.licensing.border"}}), "licensing"},
			{"push", "$JS.API.CONSUMER.CREATE.J_LICENSING.p", reading("J_LICENSING", "p", body{"deliver_subject": "_INBOX_customs.x"}), "licensing"},
			{"push, wider", "$JS.API.CONSUMER.CREATE.J_LICENSING.x", wide, ""},
			{"update", "$JS.API.CONSUMER.CREATE.J_LICENSING.y", body{"stream_name": "J_LICENSING", "action": "update",
				"config": body{"name": "y", "ack_policy": "none", "deliver_policy": "all"}}, "licensing"},
			{"durable", "$JS.API.CONSUMER.CREATE.J_LICENSING.d", reading("J_LICENSING", "d", body{"durable_name": "d"}), "licensing"},
			{"durable, old subject", "$JS.API.CONSUMER.DURABLE.CREATE.J_LICENSING.e", reading("J_LICENSING", "e", body{"durable_name": "e"}), "licensing"},
			{"ephemeral, old subject", "$JS.API.CONSUMER.CREATE.J_LICENSING", body{"stream_name": "J_LICENSING",
				"config": body{"ack_policy": "none", "deliver_policy": "all"}}, "licensing"},
			{"ordered", "$JS.API.CONSUMER.CREATE.J_LICENSING.o", reading("J_LICENSING", "o", body{"mem_storage": true, "num_replicas": 1,
				"flow_control": true, "idle_heartbeat": int64(time.Second), "max_deliver": 1, "deliver_subject": "_INBOX_customs.o"}), "licensing"},
			{"by import", "imp.licensing.CONSUMER.CREATE.J_LICENSING.x.block.licensing.>", reading("J_LICENSING", "x", secret), ""},
			{"old subject by import", "imp.licensing.CONSUMER.DURABLE.CREATE.J_LICENSING.x", wide, ""},
			{"in another domain", "$JS.hub.API.CONSUMER.CREATE.J_LICENSING.h", reading("J_LICENSING", "h", nil), "licensing"},
			{"names", "$JS.API.CONSUMER.NAMES.J_LICENSING", nil, "licensing"},
			{"list", "$JS.API.CONSUMER.LIST.J_LICENSING", nil, "licensing"},
			{"list of the own feed", "$JS.API.CONSUMER.LIST.FEED", nil, "customs"},
			{"another's", "$JS.API.CONSUMER.INFO.J_LICENSING.d", nil, "licensing"},
			{"pull from another's", "$JS.API.CONSUMER.MSG.NEXT.J_LICENSING.d", body{"batch": 1, "no_wait": true}, "licensing"},
			{"reset another's", "$JS.API.CONSUMER.RESET.J_LICENSING.d", body{"seq": 1}, ""},
			{"a relay's name for one of the feed", "$JS.API.CONSUMER.CREATE.FEED.x", reading("J_LICENSING", "x", nil), ""},
		},
		"stream": {
			{"create", "$JS.API.STREAM.CREATE.X", drawing("X", body{"subjects": []string{"x.>"}}), "scratch"},
			{"mirror", "$JS.API.STREAM.CREATE.M", drawing("M", body{"mirror": body{"name": "X"}}), "scratch"},
			{"mirror by import", "$JS.API.STREAM.CREATE.N", drawing("N", body{"mirror": external}), ""},
			{"source", "$JS.API.STREAM.CREATE.S", drawing("S", body{"sources": []any{body{"name": "X"}}}), "scratch"},
			{"source by import", "$JS.API.STREAM.CREATE.T", drawing("T", body{"sources": []any{external}}), ""},
			{"another source for the feed", "$JS.API.STREAM.UPDATE.FEED", drawing("FEED", body{"sources": []any{external}}), ""},
			{"republish", "$JS.API.STREAM.CREATE.R", drawing("R", body{"subjects": []string{"r.>"},
				"republish": body{"src": ">", "dest": "block.licensing.>"}}), "scratch"},
			{"republish the own relay", "$JS.API.STREAM.UPDATE.J_CUSTOMS", drawing("J_CUSTOMS", body{"subjects": []string{"block.customs.>"},
				"republish": body{"src": ">", "dest": "block.licensing.>"}}), ""},
			{"key-value bucket", "$JS.API.STREAM.CREATE.KV_x", drawing("KV_x", body{"subjects": []string{"$KV.x.>"}}), "scratch"},
			{"object store", "$JS.API.STREAM.CREATE.OBJ_x", drawing("OBJ_x", body{"subjects": []string{"$O.x.>"}}), "scratch"},
			{"snapshot", "$JS.API.STREAM.SNAPSHOT.J_LICENSING", body{"deliver_subject": "_INBOX_customs.x"}, "licensing"},
			{"snapshot of the own relay", "$JS.API.STREAM.SNAPSHOT.J_CUSTOMS", body{"deliver_subject": "_INBOX_customs.x"}, "customs"},
			{"restore", "$JS.API.STREAM.RESTORE.X", body{"config": body{"name": "X"}}, ""},
		},
		"harm": {
			{"pause another's consumer", "$JS.API.CONSUMER.PAUSE.J_LICENSING.d", body{"pause_until": time.Now().Add(time.Hour)}, "licensing"},
			{"pause the feed's", "$JS.API.CONSUMER.PAUSE.FEED.x", body{"pause_until": time.Now().Add(time.Hour)}, ""},
			{"delete another's consumer", "$JS.API.CONSUMER.DELETE.J_LICENSING.d", nil, "licensing"},
			{"delete a block of another's relay", "$JS.API.STREAM.MSG.DELETE.J_LICENSING", body{"seq": 2}, ""},
			{"delete a block of the own relay", "$JS.API.STREAM.MSG.DELETE.J_CUSTOMS", body{"seq": 1}, ""},
			{"delete a message of the own feed", "$JS.API.STREAM.MSG.DELETE.FEED", body{"seq": 1}, ""},
			{"delete a message", "$JS.API.STREAM.MSG.DELETE.SCRATCH", body{"seq": 1}, "scratch"},
			{"purge", "$JS.API.STREAM.PURGE.SCRATCH", nil, "scratch"},
			{"purge the own relay", "$JS.API.STREAM.PURGE.J_CUSTOMS", nil, ""},
			{"purge another's relay", "$JS.API.STREAM.PURGE.J_LICENSING", nil, ""},
			{"delete another's relay", "$JS.API.STREAM.DELETE.J_LICENSING", nil, ""},
			{"delete the own relay", "$JS.API.STREAM.DELETE.J_CUSTOMS", nil, ""},
			{"delete the own feed", "$JS.API.STREAM.DELETE.FEED", nil, ""},
			{"delete a stream", "$JS.API.STREAM.DELETE.SCRATCH", nil, "scratch"},
			{"stream's leader steps down", "$JS.API.STREAM.LEADER.STEPDOWN.FEED", nil, ""},
			{"leader steps down", "$JS.API.META.LEADER.STEPDOWN", nil, ""},
			{"a server leaves", "$JS.API.SERVER.REMOVE", body{"peer": "hub"}, ""},
			{"take an account's streams away", "$JS.API.ACCOUNT.PURGE." + key("licensing"), nil, ""},
		},
		"system": {
			{"accounts", "$SYS.REQ.SERVER.PING.ACCOUNTZ", nil, "$system"},
			{"connections", "$SYS.REQ.SERVER.PING.CONNZ", nil, "$system"},
			{"streams", "$SYS.REQ.SERVER.PING.JSZ", body{"accounts": true, "streams": true}, "$system"},
			{"subscriptions", "$SYS.REQ.SERVER.PING.SUBSZ", body{"subscriptions": true}, "$system"},
			{"statistics of an account", "$SYS.REQ.ACCOUNT.PING.STATZ", body{"accounts": []string{key("licensing")}}, "$system"},
			{"own connections", "$SYS.REQ.ACCOUNT.PING.CONNZ", nil, ""},
			{"another's connections", "$SYS.REQ.ACCOUNT." + key("licensing") + ".CONNZ", nil, "$system"},
			{"another's account", "$SYS.REQ.ACCOUNT." + key("licensing") + ".CLAIMS.LOOKUP", nil, "$system"},
			{"who am I", "$SYS.REQ.USER.INFO", nil, "customs"},
			{"update claims", "$SYS.REQ.CLAIMS.UPDATE", body{"jwt": "x"}, ""},
			{"delete claims", "$SYS.REQ.CLAIMS.DELETE", body{"jwt": "x"}, ""},
			{"list claims", "$SYS.REQ.CLAIMS.LIST", nil, "$system"},
			{"drop a connection", "$SYS.REQ.SERVER.PING.KICK", nil, ""},
			{"reload", "$SYS.REQ.SERVER.PING.RELOAD", nil, ""},
		},
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	var tab table
	defer tab.print(t)
	all := requests(s)
	for _, class := range slices.Sorted(maps.Keys(all)) {
		for _, a := range all[class] {
			text, refused := s.answer(t, a.subject, a.body)
			outcome := "refused"
			if !refused {
				t.Errorf("%s, %s: %s was answered: %.200s", class, a.name, a.subject, text)
				outcome = "GOT THROUGH"
			}
			silentAbout(t, a.name, text, a.subject)
			tab.add(class, a.name+": "+a.subject, outcome)
		}
	}
	// What may be asked of the own relay and feed is answered, and tells nothing of others.
	for _, r := range []request{
		{"own feed", "$JS.API.STREAM.INFO.FEED", body{"subjects_filter": ">"}, ""},
		{"own relay", "$JS.API.STREAM.INFO.J_CUSTOMS", body{"subjects_filter": ">"}, ""},
		{"own block", "$JS.API.STREAM.MSG.GET.J_CUSTOMS", body{"seq": 1}, ""},
		{"others' blocks in the own feed", "$JS.API.CONSUMER.CREATE.FEED.w.feed.police.>", reading("FEED", "w", body{"filter_subject": "feed.police.>"}), ""},
		{"all of the own feed", "$JS.API.CONSUMER.CREATE.FEED.v", reading("FEED", "v", nil), ""},
	} {
		text, refused := s.answer(t, r.subject, r.body)
		if refused {
			t.Errorf("control: %s was refused: %s", r.name, text)
		}
		silentAbout(t, r.name, text, "feed.police.")
		tab.add("own", r.name+": "+r.subject, "answered, with nothing of others")
	}
	if text, _ := s.answer(t, "$JS.API.CONSUMER.MSG.NEXT.FEED.w", body{"batch": 1, "no_wait": true}); text != "" {
		t.Errorf("the own feed holds blocks of the police: %s", text)
	}
	if text, _ := s.answer(t, "$JS.API.CONSUMER.MSG.NEXT.FEED.v", body{"batch": 1, "no_wait": true}); text != "open" {
		t.Errorf("control: the own feed holds %q", text)
	}
	s.untouched(t)

	// Everything is granted to who may ask for it.
	s.entitled(t, "scratch", "$JS.API.STREAM.CREATE.SCRATCH", drawing("SCRATCH", body{"subjects": []string{"scratch"}, "allow_direct": true}))
	for range 2 {
		s.entitled(t, "scratch", "scratch", "something")
	}
	for _, class := range slices.Sorted(maps.Keys(all)) {
		controls := 0
		for _, a := range all[class] {
			if a.control != "" && !strings.HasPrefix(a.subject, "imp.") {
				s.entitled(t, a.control, a.subject, a.body)
				controls++
			}
		}
		if controls == 0 {
			t.Errorf("class %s has no control", class)
		}
	}
}
