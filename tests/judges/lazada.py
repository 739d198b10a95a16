"""Lazada, judged by PyPI `lazop-sdk`: its signer over the parameters as they arrived."""

import json
import os
import tempfile

# The SDK writes a log into the home folder when it is imported.
os.environ["HOME"] = tempfile.mkdtemp()

from judge import Judge, Refused, serve  # noqa: E402
from lazop_sdk.base import sign  # noqa: E402

KEY, SECRET = "100001", "ocop-lazada-secret"


class Lazada(Judge):
    def __init__(self):
        super().__init__()
        self.access, self.refresh, self.pictures = "at-0", "rt-0", 0

    def refuse(self, code, message, detail=()):
        raise Refused({"code": code, "type": "ISV", "message": message, "request_id": f"r{len(self.calls)}", "detail": list(detail)})

    def answer(self, request):
        path = request.path.removeprefix("/rest")
        if path == request.path:
            self.complain(f"{request.path} is not below /rest")
        multipart = request.kind.startswith("multipart/")
        values = dict(request.query) if request.method == "GET" or multipart else request.form()
        if request.method == "POST" and not multipart and request.query:
            self.complain("a POST sends its parameters in the body")
        given = values.pop("sign", None)
        if any(value == "" for value in values.values()):
            self.complain("an empty parameter was sent")
        if sign(SECRET, path, values) != given:
            self.refuse("IncompleteSignature", "The request signature does not conform to platform standards")
        if self.now and abs(self.now * 1000 - int(values["timestamp"])) > 7_200_000:
            self.refuse("IllegalTimestamp", "The timestamp is out of range")
        if path.startswith("/auth/token/"):
            return {"code": "0", "request_id": "r", **self.token(path, values)}
        if values.get("access_token") != self.access or self.access_ended:
            self.refuse("IllegalAccessToken", "The specified access token is invalid or expired")
        return {"code": "0", "request_id": f"r{len(self.calls)}", "data": self.operate(request, path, values)}

    def token(self, path, values):
        if path.endswith("/refresh") and values.get("refresh_token") != self.refresh:
            self.refuse("IllegalRefreshToken", "The specified refresh token is invalid or expired")
        if path.endswith("/create") and values.get("code") != "code-1":
            self.refuse("InvalidCode", "Invalid authorization code")
        self.renewals += 1
        self.access, self.refresh, self.access_ended = f"at-{self.renewals}", f"rt-{self.renewals}", False
        return {"access_token": self.access, "refresh_token": self.refresh, "expires_in": 864000, "refresh_expires_in": 4320000}

    def operate(self, request, path, values):
        if path == "/category/tree/get":
            return [{"category_id": 10002000, "name": "Thực phẩm", "leaf": False,
                     "children": [{"category_id": 10002019, "name": "Mật ong", "leaf": True}]}]
        if path == "/category/attributes/get":
            return [{"name": "name", "is_mandatory": 1, "attribute_type": "normal", "label": "Tên"},
                    {"name": "shelf_life", "is_mandatory": 1, "attribute_type": "normal", "label": "Hạn sử dụng"},
                    {"name": "flavor", "is_mandatory": 0, "attribute_type": "normal", "label": "Vị"}]
        if path == "/image/upload":
            if b'name="image"' not in request.body:
                self.complain("the upload has no picture in `image`")
            self.pictures += 1
            return {"image": {"hash_code": str(self.pictures), "url": f"https://vn-live.slatic.net/p/{self.pictures}.jpg"}}
        if path == "/products/get":
            wanted = json.loads(values["sku_seller_list"]) if "sku_seller_list" in values else None
            if wanted is None and "update_after" not in values:
                self.complain("products are asked for by key, or by the time they changed")
            living = (item for item in self.items.values() if item["status"] != "Deleted")
            found = [self.shown(item) for item in living if wanted is None or item["sku"] in wanted]
            return {"total_products": len(found), "products": found}
        if path == "/product/item/get":
            return self.shown(self.living(values["item_id"]))
        if path == "/product/remove":
            for name in json.loads(values["sku_id_list"]):
                self.living(name.split("_")[1])["status"] = "Deleted"
            return {}
        product = json.loads(values.get("payload") or values["apiRequestBody"])["Request"]["Product"]
        return {"/product/create": self.create, "/product/update": self.update, "/product/deactivate": self.deactivate,
                "/product/price_quantity/update": self.price}[path](product)

    def living(self, item_id):
        item = self.items.get(str(item_id))
        if item is None or item["status"] == "Deleted":
            self.refuse("208", "ITEM_NOT_FOUND")
        return item

    def create(self, product):
        sku, attributes = product["Skus"]["Sku"][0], product["Attributes"]
        if any(item["sku"] == sku["SellerSku"] and item["status"] != "Deleted" for item in self.items.values()):
            self.refuse("500", "E500: Create product failed", [{"field": "SellerSku", "message": "THD_IC_F_IC_INFRA_PRODUCT_036"}])
        if product["PrimaryCategory"] != "10002019":
            self.refuse("501", "Category is not a leaf")
        if not product["Images"]["Image"] or any("slatic.net" not in url for url in product["Images"]["Image"]):
            self.complain("pictures must be the marketplace's own")
        if attributes.get("shelf_life") != "12 tháng":
            self.complain("the attribute that the category requires is missing")
        if not 1 <= len(attributes["name"]) <= 255 or "brand" not in attributes:
            self.complain("name or brand is missing")
        for name in ("price", "quantity", "package_weight", "package_length", "package_width", "package_height"):
            if not isinstance(sku[name], str):
                self.complain(f"{name} must be a string")
        item = {"id": self.new_id(), "sku_id": self.new_id(), "sku": sku["SellerSku"], "title": attributes["name"],
                "description": attributes["description"], "price": sku["price"], "stock": int(sku["quantity"]), "status": "Pending QC"}
        self.items[item["id"]] = item
        listed = {"shop_sku": f"{item['id']}_VNAMZ-{item['sku_id']}", "seller_sku": item["sku"], "sku_id": int(item["sku_id"])}
        return {"item_id": int(item["id"]), "sku_list": [listed]}

    def update(self, product):
        item, sku = self.living(product["ItemId"]), product["Skus"]["Sku"][0]
        self.same_sku(item, sku)
        if "Attributes" in product:
            item["title"], item["description"] = product["Attributes"]["name"], product["Attributes"]["description"]
        if "Status" in sku:
            item["status"] = {"active": "Active", "inactive": "InActive", "deleted": "Deleted"}[sku["Status"]]
        return {}

    def deactivate(self, product):
        item = self.living(product["ItemId"])
        if item["status"] == "InActive":
            self.refuse("E0004", "The item is inactive already")
        item["status"] = "InActive"
        return {}

    def price(self, product):
        sku = product["Skus"]["Sku"][0]
        item = self.living(sku["ItemId"])
        self.same_sku(item, sku)
        item["price"] = sku.get("Price", item["price"])
        item["stock"] = int(sku.get("Quantity", item["stock"]))
        return {}

    def same_sku(self, item, sku):
        if str(sku["SkuId"]) != item["sku_id"]:
            self.refuse("208", "SKU_NOT_FOUND")

    def shown(self, item):
        sku = {"SkuId": int(item["sku_id"]), "SellerSku": item["sku"], "Status": item["status"].lower(),
               "price": float(item["price"]), "quantity": item["stock"],
               "Url": f"https://www.lazada.vn/products/i{item['id']}.html"}
        return {"item_id": int(item["id"]), "status": item["status"], "attributes": {"name": item["title"]}, "skus": [sku],
                "rejectReason": item.get("reasons", [])}


serve(Lazada())
